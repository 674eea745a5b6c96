TITLE L-type calcium current of the dopaminergic cell

COMMENT
i = gbar m^2 (v - erev), for a cell of one compartment.

Kinetics: Qian, Yu, Canavier and co-workers (2014), J. Neurophysiol. 112:2779, as adapted by
Drion and by Fyon.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX da_CaL
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
    erev = 60 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
    g (mS/cm2)
    m_inf (1)
    m_tau (ms)
}

STATE {
    m
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m*m
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    m = m_inf
}

DERIVATIVE states {
    rates(v)
    m' = (m_inf - m)/m_tau
}

PROCEDURE rates(v (mV)) {
    m_inf = 1/(1 + exp(-(v + 50 (mV))/2 (mV)))
    m_tau = 30 (ms) - 28 (ms)/(1 + exp(-(v + 45 (mV))/3 (mV)))
}
