TITLE M current of the patch-seq cell

COMMENT
i = gbar p (v - erev), for the cell hh of one compartment.

Kinetics: Pospischil et al. (2008), Biol Cybern 99:427, as used by
Bernaerts et al. (2025), Patterns 6:101323, for neurons of mouse motor cortex.
Rates are those of 36 degC, times 2.3 for each 10 degrees above it.
tau_max sets the time constant.
The conductance is in mS/cm2, as in ionfo.emodels.point.hh, whose numbers these are.
ENDCOMMENT

NEURON {
    SUFFIX hh_M
    NONSPECIFIC_CURRENT i
    RANGE gbar, g, i, erev, tau_max
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0 (mS/cm2)
    erev = -98.4 (mV)
    tau_max = 500 (ms)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    i (mA/cm2)
    g (mS/cm2)
    p_inf (1)
    p_tau (ms)
}

STATE {
    p
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*p
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    p = p_inf
}

DERIVATIVE states {
    rates(v)
    p' = (p_inf - p)/p_tau
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b, q
    q = 2.3^((celsius - 36 (degC))/10 (degC))
    a = exp((v + 35 (mV))/20 (mV))
    b = 3.3*a + 1/a
    p_inf = 1/(1 + exp(-(v + 35 (mV))/10 (mV)))
    p_tau = tau_max/(q*b)
}
