TITLE Hyperpolarisation-activated current of the stomatogastric cell

COMMENT
i = gbar m (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_H
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
    erev = -20 (mV)
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
    g = gbar*m
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
    m_inf = 1/(1 + exp((v + 70 (mV))/6 (mV)))
    m_tau = 272 (ms) + 1499 (ms)/(1 + exp(-(v + 42.2 (mV))/8.73 (mV)))
}
