TITLE NMDA current of the dopaminergic cell

COMMENT
i = gbar b (v - erev), for a cell of one compartment; the block b by 1.4 mM magnesium is without
delay.

Kinetics: Qian, Yu, Canavier and co-workers (2014), J. Neurophysiol. 112:2779, as adapted by
Drion and by Fyon.
The conductance is in mS/cm2, as in the definition of the point model, whose numbers these are.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX da_NMDA
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
    erev = 0 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
    g (mS/cm2)
}

BREAKPOINT {
    g = gbar*unblocked(v)
    i = (0.001)*g*(v - erev)
}

FUNCTION unblocked(v (mV)) (1) {
    unblocked = 1/(1 + 1.4*exp(-0.08 (/mV)*v)/10)
}
