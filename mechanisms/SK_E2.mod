TITLE Small-conductance calcium-activated potassium current

COMMENT
ik = gSK_E2bar z (v - ek)

Kinetics: Koehler et al. (1996).  Half activation at 0.43 uM calcium, no voltage
and no temperature dependence.
Below 1e-7 mM the concentration is raised by 1e-7 mM, as published; a
concentration that an integrator has driven below zero leaves the gate closed.
ENDCOMMENT

NEURON {
    SUFFIX SK_E2
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gSK_E2bar, gSK_E2, ik, zTau
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
    (molar) = (1/liter)
    (mM) = (millimolar)
}

PARAMETER {
    gSK_E2bar = 1e-6 (S/cm2)
    zTau = 1 (ms)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    gSK_E2 (S/cm2)
    cai (mM)
    z_inf (1)
}

STATE {
    z
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gSK_E2 = gSK_E2bar*z
    ik = gSK_E2*(v - ek)
}

INITIAL {
    z_inf = z_infinity(cai)
    z = z_inf
}

DERIVATIVE states {
    z_inf = z_infinity(cai)
    z' = (z_inf - z)/zTau
}

FUNCTION z_infinity(c (mM)) (1) {
    LOCAL ca
    ca = c
    if (ca < 1e-7 (mM)) {
        ca = ca + 1e-7 (mM)
    }
    if (ca > 0 (mM)) {
        z_infinity = 1/(1 + (0.00043 (mM)/ca)^4.8)
    } else {
        z_infinity = 0
    }
}
