TITLE Transient sodium current with adjustable shift and slope of both gates

COMMENT
ina = gNaTgbar m^3 h (v - ena)

Kinetics: Colbert & Pan (2002), not corrected for the junction potential.
vshiftm and vshifth move the curves to the right, slopem and slopeh are the
slope factors of activation and inactivation.
Rates are scaled once by qt = 2.3^((34 - 21)/10), which does not follow celsius.
Every rate is 0/0 at its half voltage and is replaced there by its series.
ENDCOMMENT

NEURON {
    SUFFIX NaTg
    USEION na READ ena WRITE ina
    RANGE gNaTgbar, gNaTg, ina, vshiftm, vshifth, slopem, slopeh
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gNaTgbar = 1e-5 (S/cm2)
    vshiftm = 0 (mV)
    vshifth = 0 (mV)
    slopem = 6 (mV)
    slopeh = 6 (mV)
}

: 2.3^((34 - 21)/10)
CONSTANT {
    qt = 2.952882641412121 (1)
}

ASSIGNED {
    v (mV)
    ena (mV)
    ina (mA/cm2)
    gNaTg (S/cm2)
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
    gNaTg = gNaTgbar*m*m*m*h
    ina = gNaTg*(v - ena)
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
    LOCAL a, b
    a = m_alpha(v)
    b = m_beta(v)
    m_tau = 1/(a + b)/qt
    m_inf = a/(a + b)
    a = h_alpha(v)
    b = h_beta(v)
    h_tau = 1/(a + b)/qt
    h_inf = a/(a + b)
}

FUNCTION m_alpha(v (mV)) (/ms) {
    m_alpha = (0.182 (/mV-ms))*linoid(v + 38 (mV) - vshiftm, slopem)
}

FUNCTION m_beta(v (mV)) (/ms) {
    m_beta = (0.124 (/mV-ms))*linoid(-(v + 38 (mV) - vshiftm), slopem)
}

FUNCTION h_alpha(v (mV)) (/ms) {
    h_alpha = (0.015 (/mV-ms))*linoid(-(v + 66 (mV) - vshifth), slopeh)
}

FUNCTION h_beta(v (mV)) (/ms) {
    h_beta = (0.015 (/mV-ms))*linoid(v + 66 (mV) - vshifth, slopeh)
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-5) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
