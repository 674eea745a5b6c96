TITLE Ether-a-go-go-related potassium current of the dopaminergic cell

COMMENT
i = gbar o (v - erev), for a cell of one compartment; the channel is closed, open (o) or
inactivated (c):

  o' = opening (1 - o - c) + recovery c - o (inactivation + closing)
  c' = inactivation o - recovery c

Kinetics: Qian, Yu, Canavier and co-workers (2014), J. Neurophysiol. 112:2779, as adapted by
Drion and by Fyon.
It begins with o = opening (as a number) and c = 0, as published.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX da_ERG
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
    opening (/ms)
    closing (/ms)
    inactivation (/ms)
    recovery (/ms)
}

STATE {
    o
    c
}

BREAKPOINT {
    SOLVE states METHOD derivimplicit
    g = gbar*o
    i = (0.001)*g*(v - erev)
}

INITIAL {
    rates(v)
    o = opening*(1 (ms))
    c = 0
}

DERIVATIVE states {
    rates(v)
    o' = opening*(1 - o - c) + recovery*c - o*(inactivation + closing)
    c' = inactivation*o - recovery*c
}

PROCEDURE rates(v (mV)) {
    opening = 0.0036 (/ms)*exp(0.0759 (/mV)*v)
    closing = 1.2523e-5 (/ms)*exp(-0.0671 (/mV)*v)
    inactivation = 0.1 (/ms)*exp(0.1189 (/mV)*v)
    recovery = 0.003 (/ms)*exp(-0.0733 (/mV)*v)
}
