TITLE Submembrane calcium of the stomatogastric cell

COMMENT
  tau cai' = -alpha ica - cai + beta

Kinetics: Liu, Golowasch, Marder and Abbott (1998), J. Neurosci. 18:2309.
ica is in mA/cm2 and cai in mM, so that alpha is the published number of uM cm2/uA.
No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX stg_Ca
    USEION ca READ ica WRITE cai
    RANGE alpha, beta, tau, start
}

UNITS {
    (mA) = (milliamp)
    (molar) = (1/liter)
    (mM) = (millimolar)
}

PARAMETER {
    alpha = 0.94 (mM-cm2/mA)
    beta = 5e-5 (mM)
    tau = 20 (ms)
    start = 5e-4 (mM)
}

ASSIGNED {
    ica (mA/cm2)
}

STATE {
    cai (mM)
}

INITIAL {
    cai = start
}

BREAKPOINT {
    SOLVE states METHOD cnexp
}

DERIVATIVE states {
    cai' = (-alpha*ica - cai + beta)/tau
}
