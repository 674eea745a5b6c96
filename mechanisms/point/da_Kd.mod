TITLE Delayed rectifier potassium current of the dopaminergic cell

COMMENT
i = gbar n^3 (v - erev), for a cell of one compartment.

Kinetics: Qian, Yu, Canavier and co-workers (2014), J. Neurophysiol. 112:2779, as adapted by
Drion and by Fyon.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX da_Kd
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
    erev = -85 (mV)
}

ASSIGNED {
    v (mV)
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
    g = gbar*n*n*n
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
    n_inf = 1/(1 + exp(-(v + 25 (mV))/12 (mV)))
    n_tau = 20 (ms) - 18 (ms)/(1 + exp(-(v + 38 (mV))/10 (mV)))
}
