TITLE Fast sodium current of the dopaminergic cell

COMMENT
i = gbar m^3 h (v - erev), for a cell of one compartment.

Kinetics: Qian, Yu, Canavier and co-workers (2014), J. Neurophysiol. 112:2779, as adapted by
Drion and by Fyon.
The published rates of m have a pole near -38.72 mV, in a window of about 0.003 mV, where their
sum is kept at 0.01 /ms or more.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX da_Na
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
    m_inf = 1/(1 + exp(-(v + 30.0907 (mV))/9.7264 (mV)))
    m_tau = 0.01 (ms) + 1/m_rate(v)
    h_inf = 1/(1 + exp((v + 54.0289 (mV))/10.7665 (mV)))
    h_tau = 0.4 (ms) + 1/(5.0754e-4 (/ms)*exp(-0.063213 (/mV)*v) + 9.7529 (/ms)*exp(0.13442 (/mV)*v))
}

FUNCTION m_rate(v (mV)) (/ms) {
    LOCAL opening, closing
    opening = -(15.6504 (/ms) + 0.4043 (/mV-ms)*v)/(exp(-19.565 - 0.5052 (/mV)*v) - 1)
    closing = 3.0212 (/ms)*exp(-0.007463 (/mV)*v)
    m_rate = opening + closing
    if (m_rate < 0.01 (/ms)) {
        m_rate = 0.01 (/ms)
    }
}
