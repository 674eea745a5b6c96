TITLE Kv3.1 current of the patch-seq cell

COMMENT
i = gbar w (v - erev), for the cell hh of one compartment.

Kinetics: Hay et al. (2011), PLoS Comput Biol 7:e1002107, as used by
Bernaerts et al. (2025), Patterns 6:101323, for neurons of mouse motor cortex.
Rates are those of 21 degC, times 2.3 for each 10 degrees above it.
The time constant is centred at -56.56 mV, where others have -46.56 mV.
The conductance is in mS/cm2, as in ionfo.emodels.point.hh, whose numbers these are.
ENDCOMMENT

NEURON {
    SUFFIX hh_Kv31
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
    erev = -98.4 (mV)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    i (mA/cm2)
    g (mS/cm2)
    w_inf (1)
    w_tau (ms)
}

STATE {
    w
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*w
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    w = w_inf
}

DERIVATIVE states {
    rates(v)
    w' = (w_inf - w)/w_tau
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b, q
    q = 2.3^((celsius - 21 (degC))/10 (degC))
    a = exp((18.7 (mV) - v)/9.7 (mV))
    b = exp(-(v + 56.56 (mV))/44.14 (mV))
    w_inf = 1/(1 + a)
    w_tau = 4 (ms)/(q*(1 + b))
}
