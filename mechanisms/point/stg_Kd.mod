TITLE Delayed rectifier potassium current of the stomatogastric cell

COMMENT
i = gbar m^4 (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_Kd
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
    erev = -80 (mV)
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
    g = gbar*m*m*m*m
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
    m_inf = 1/(1 + exp(-(v + 12.3 (mV))/11.8 (mV)))
    m_tau = 7.2 (ms) - 6.4 (ms)/(1 + exp(-(v + 28.3 (mV))/19.2 (mV)))
}
