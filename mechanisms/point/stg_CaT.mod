TITLE Transient calcium current of the stomatogastric cell

COMMENT
ica = gbar m^3 h (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_CaT
    USEION ca WRITE ica
    RANGE gbar, g, erev
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0 (mS/cm2)
    erev = 80 (mV)
}

ASSIGNED {
    v (mV)
    ica (mA/cm2)
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
    ica = (0.001)*g*(v - erev)
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
    m_inf = 1/(1 + exp(-(v + 27.1 (mV))/7.2 (mV)))
    m_tau = 21.7 (ms) - 21.3 (ms)/(1 + exp(-(v + 68.1 (mV))/20.5 (mV)))
    h_inf = 1/(1 + exp((v + 32.1 (mV))/5.5 (mV)))
    h_tau = 105 (ms) - 89.8 (ms)/(1 + exp(-(v + 55 (mV))/16.9 (mV)))
}
