TITLE Fast sodium current of the stomatogastric cell

COMMENT
i = gbar m^3 h (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_Na
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
    erev = 50 (mV)
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
    m_inf = 1/(1 + exp(-(v + 25.5 (mV))/5.29 (mV)))
    m_tau = 1.32 (ms) - 1.26 (ms)/(1 + exp(-(v + 120 (mV))/25 (mV)))
    h_inf = 1/(1 + exp((v + 48.9 (mV))/5.18 (mV)))
    h_tau = 0.67 (ms)/(1 + exp(-(v + 62.9 (mV))/10 (mV)))*(1.5 + 1/(1 + exp((v + 34.9 (mV))/3.6 (mV))))
}
