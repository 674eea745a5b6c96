TITLE Leak current of a point model

COMMENT
i = gbar (v - erev), with the conductance in mS/cm2 as in the definition of a point model.
ENDCOMMENT

NEURON {
    SUFFIX point_leak
    NONSPECIFIC_CURRENT i
    RANGE gbar, i, erev
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0.01 (mS/cm2)
    erev = -50 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
}

BREAKPOINT {
    i = (0.001)*gbar*(v - erev)
}
