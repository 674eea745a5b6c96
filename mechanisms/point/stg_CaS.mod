TITLE Slow calcium current of the stomatogastric cell

COMMENT
ica = gbar m^3 h (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_CaS
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
    m_inf = 1/(1 + exp(-(v + 33 (mV))/8.1 (mV)))
    m_tau = 1.4 (ms) + 7 (ms)/(exp((v + 27 (mV))/10 (mV)) + exp(-(v + 70 (mV))/13 (mV)))
    h_inf = 1/(1 + exp((v + 60 (mV))/6.2 (mV)))
    h_tau = 60 (ms) + 150 (ms)/(exp((v + 55 (mV))/9 (mV)) + exp(-(v + 65 (mV))/16 (mV)))
}
