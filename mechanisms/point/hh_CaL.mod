TITLE L-type calcium current of the patch-seq cell

COMMENT
i = gbar q^2 r (v - erev), for the cell hh of one compartment.

Kinetics: Pospischil et al. (2008), Biol Cybern 99:427, as used by
Bernaerts et al. (2025), Patterns 6:101323, for neurons of mouse motor cortex.
No temperature dependence.
The conductance is in mS/cm2, as in ionfo.emodels.point.hh, whose numbers these are.
ENDCOMMENT

NEURON {
    SUFFIX hh_CaL
    NONSPECIFIC_CURRENT i
    RANGE gbar, g, i, erev
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0 (mS/cm2)
    erev = 127.2 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
    g (mS/cm2)
    q_inf (1)
    q_tau (ms)
    r_inf (1)
    r_tau (ms)
}

STATE {
    q
    r
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*q*q*r
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    q = q_inf
    r = r_inf
}

DERIVATIVE states {
    rates(v)
    q' = (q_inf - q)/q_tau
    r' = (r_inf - r)/r_tau
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b
    a = 0.055 (/mV-ms)*linoid(v + 27 (mV), 3.8 (mV))
    b = 0.94 (/ms)*exp(-(75 (mV) + v)/17 (mV))
    q_inf = a/(a + b)
    q_tau = 1/((a + b))
    a = 0.000457 (/ms)*exp(-(13 (mV) + v)/50 (mV))
    b = 0.0065 (/ms)/(1 + exp(-(15 (mV) + v)/28 (mV)))
    r_inf = a/(a + b)
    r_tau = 1/((a + b))
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
