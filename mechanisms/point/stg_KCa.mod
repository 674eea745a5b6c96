TITLE Calcium-activated potassium current of the stomatogastric cell

COMMENT
i = gbar m^4 (v - erev), for a cell of one compartment.

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
Calcium: half of the channels' most at 3 uM.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_KCa
    USEION ca READ cai
    NONSPECIFIC_CURRENT i
    RANGE gbar, g, i, erev
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
    (molar) = (1/liter)
    (mM) = (millimolar)
}

PARAMETER {
    gbar = 0 (mS/cm2)
    erev = -80 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
    g (mS/cm2)
    cai (mM)
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
    rates(v, cai)
    m = m_inf
}

DERIVATIVE states {
    rates(v, cai)
    m' = (m_inf - m)/m_tau
}

PROCEDURE rates(v (mV), cai (mM)) {
    m_inf = cai/(cai + 0.003 (mM))/(1 + exp(-(v + 28.3 (mV))/12.6 (mV)))
    m_tau = 90.3 (ms) - 75.1 (ms)/(1 + exp(-(v + 46 (mV))/22.7 (mV)))
}
