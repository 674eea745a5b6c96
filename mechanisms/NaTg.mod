TITLE Transient sodium current with adjustable shift and slope of both gates

COMMENT
ina = gNaTgbar m^3 h (v - ena)

Kinetics: Colbert & Pan (2002), not corrected for the junction potential.
vshiftm and vshifth move the curves to the right, slopem and slopeh are the
slope factors of activation and inactivation.
Rates are scaled once by qt = 2.3^((34 - 21)/10), which does not follow celsius.
Every rate is 0/0 at its half voltage and is replaced there by its series.

With x = (v + 38 - vshiftm)/slopem and y = (v + 66 - vshifth)/slopeh the curves of
every shift and slope are four functions of one number:
  m_inf(x), m_tau = m_tau_unit(x)/slopem, h_inf(y), h_tau = h_tau_unit(y)/slopeh.
These come from tables of 4,000 intervals over -31.25 to 31.25 (steps of 1/64, linear
interpolation); outside that range, and everywhere with usetable_NaTg = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
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
    m_tau_unit (ms-mV)
    h_tau_unit (ms-mV)
    v_rates (mV)
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
    v_rates = v
    rates(v)
    m = m_inf
    h = h_inf
}

DERIVATIVE states {
    if (v != v_rates) {
        v_rates = v
        rates(v)
    }
    m' = (m_inf - m)/m_tau
    h' = (h_inf - h)/h_tau
}

PROCEDURE rates(v (mV)) {
    LOCAL x, y
    x = (v + 38 (mV) - vshiftm)/slopem
    y = (v + 66 (mV) - vshifth)/slopeh
    if (fabs(x) < 31.25) {
        tabulated_m(x)
    } else {
        exact_m(x)
    }
    if (fabs(y) < 31.25) {
        tabulated_h(y)
    } else {
        exact_h(y)
    }
    m_tau = m_tau_unit/slopem
    h_tau = h_tau_unit/slopeh
}

PROCEDURE tabulated_m(x (1)) {
    TABLE m_inf, m_tau_unit FROM -31.25 TO 31.25 WITH 4000
    exact_m(x)
}

PROCEDURE tabulated_h(y (1)) {
    TABLE h_inf, h_tau_unit FROM -31.25 TO 31.25 WITH 4000
    exact_h(y)
}

PROCEDURE exact_m(x (1)) {
    LOCAL a, b
    a = (0.182 (/mV-ms))*linoid(x)
    b = (0.124 (/mV-ms))*linoid(-x)
    m_tau_unit = 1/(a + b)/qt
    m_inf = a/(a + b)
}

PROCEDURE exact_h(y (1)) {
    LOCAL a, b
    a = (0.015 (/mV-ms))*linoid(-y)
    b = (0.015 (/mV-ms))*linoid(y)
    h_tau_unit = 1/(a + b)/qt
    h_inf = a/(a + b)
}

: x/(1 - exp(-x)), by its series where that is 0/0
FUNCTION linoid(x (1)) (1) {
    if (fabs(x) < 1e-5) {
        linoid = 1 + x/2
    } else {
        linoid = x/(1 - exp(-x))
    }
}
