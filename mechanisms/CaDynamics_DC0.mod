TITLE Intracellular calcium in a submembrane shell with the surface-to-volume ratio of the segment

COMMENT
First-order calcium balance: a fraction gamma of the calcium that enters stays
free, and decays to a baseline.

  dcai/dt = -10000 ica S gamma / (2 F) - (cai - minCai)/decay,   S = 4/diam

Model: Destexhe, Contreras, Sejnowski & Steriade (1994).
Defaults: gamma and decay from Helmchen, Imoto & Sakmann (1996), minCai from
Sabatini, Oertner & Svoboda (2002).
S is the surface-to-volume ratio of a cylinder without end caps; it is fixed at
initialisation.  No temperature dependence.
ENDCOMMENT

NEURON {
    SUFFIX CaDynamics_DC0
    USEION ca READ ica WRITE cai
    RANGE gamma, decay
    GLOBAL minCai
}

UNITS {
    (mA) = (milliamp)
    (um) = (micron)
    (molar) = (1/liter)
    (mM) = (millimolar)
    FARADAY = (faraday) (coulomb)
}

PARAMETER {
    gamma = 0.01 (1)
    decay = 70 (ms)
    minCai = 6.5e-5 (mM)
}

ASSIGNED {
    ica (mA/cm2)
    diam (um)
    surface_to_volume (/um)
}

STATE {
    cai (mM)
}

INITIAL {
    surface_to_volume = 4/diam
    cai = minCai
}

BREAKPOINT {
    SOLVE states METHOD cnexp
}

DERIVATIVE states {
    cai' = -(10000)*ica*surface_to_volume*gamma/(2*FARADAY) - (cai - minCai)/decay
}
