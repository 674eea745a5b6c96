TITLE Delayed rectifier of the patch-seq cell

COMMENT
i = gbar n^4 (v - erev), for the cell hh of one compartment.

Kinetics: Pospischil et al. (2008), Biol Cybern 99:427, as used by
Bernaerts et al. (2025), Patterns 6:101323, for neurons of mouse motor cortex.
Rates are those of 36 degC, times 2.3 for each 10 degrees above it.
v_t shifts the voltage, and r_ss divides the rates.
The conductance is in mS/cm2, as in ionfo.emodels.point.hh, whose numbers these are.
ENDCOMMENT

NEURON {
    SUFFIX hh_Kd
    NONSPECIFIC_CURRENT i
    RANGE gbar, g, i, erev, v_t, r_ss
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0 (mS/cm2)
    erev = -98.4 (mV)
    v_t = -60 (mV)
    r_ss = 1 (1)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    i (mA/cm2)
    g (mS/cm2)
    n_inf (1)
    n_tau (ms)
}

STATE {
    n
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*n*n*n*n
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    n = n_inf
}

DERIVATIVE states {
    rates(v)
    n' = (n_inf - n)/n_tau
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b, q, u
    q = 2.3^((celsius - 36 (degC))/10 (degC))/r_ss
    u = v - v_t
    a = 0.032 (/mV-ms)*linoid(u - 15 (mV), 5 (mV))
    b = 0.5 (/ms)*exp((10 (mV) - u)/40 (mV))
    n_inf = a/(a + b)
    n_tau = 1/(q*(a + b))
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
