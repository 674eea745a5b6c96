TITLE Transient potassium current of the stomatogastric cell

COMMENT
i = gbar m^3 h (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_A
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
    h_inf (1)
    h_tau (ms)
}

STATE {
    m
    h
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m*m*m*h
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    m = m_inf
    h = h_inf
}

DERIVATIVE states {
    rates(v)
    m' = (m_inf - m)/m_tau
    h' = (h_inf - h)/h_tau
}

PROCEDURE rates(v (mV)) {
    m_inf = 1/(1 + exp(-(v + 27.2 (mV))/8.7 (mV)))
    m_tau = 11.6 (ms) - 10.4 (ms)/(1 + exp(-(v + 32.9 (mV))/15.2 (mV)))
    h_inf = 1/(1 + exp((v + 56.9 (mV))/4.9 (mV)))
    h_tau = 38.6 (ms) - 29.2 (ms)/(1 + exp(-(v + 38.9 (mV))/26.5 (mV)))
}
