TITLE Low-voltage-activated calcium current

COMMENT
ica = gCa_LVAstbar m^2 h (v - eca)

Kinetics: Avery & Johnston (1996), time constants after Randall & Tsien (1997),
shifted by -10 mV (junction potential; the offsets below include it).
Rates are scaled once by qt = 2.3^((34 - 21)/10), which does not follow celsius.
Rates come from tables of 4,000 intervals over -150 to 100 mV (steps of 1/16 mV, linear
interpolation); outside that range, and everywhere with usetable_Ca_LVAst = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
ENDCOMMENT

NEURON {
    SUFFIX Ca_LVAst
    USEION ca READ eca WRITE ica
    RANGE gCa_LVAstbar, gCa_LVAst, ica
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gCa_LVAstbar = 1e-5 (S/cm2)
}

: 2.3^((34 - 21)/10)
CONSTANT {
    qt = 2.952882641412121 (1)
}

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)
    gCa_LVAst (S/cm2)
    m_inf (1)
    m_tau (ms)
    h_inf (1)
    h_tau (ms)
    v_rates (mV)
}

STATE {
    m
    h
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gCa_LVAst = gCa_LVAstbar*m*m*h
    ica = gCa_LVAst*(v - eca)
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
    if (v > -150 (mV) && v < 100 (mV)) {
        tabulated_rates(v)
    } else {
        exact_rates(v)
    }
}

PROCEDURE tabulated_rates(v (mV)) {
    TABLE m_inf, m_tau, h_inf, h_tau FROM -150 TO 100 WITH 4000
    exact_rates(v)
}

PROCEDURE exact_rates(v (mV)) {
    m_inf = m_infinity(v)
    m_tau = m_time_constant(v)
    h_inf = h_infinity(v)
    h_tau = h_time_constant(v)
}

FUNCTION m_infinity(v (mV)) (1) {
    m_infinity = 1/(1 + exp(-(v + 40 (mV))/6 (mV)))
}

FUNCTION m_time_constant(v (mV)) (ms) {
    m_time_constant = (5 (ms) + 20 (ms)/(1 + exp((v + 35 (mV))/5 (mV))))/qt
}

FUNCTION h_infinity(v (mV)) (1) {
    h_infinity = 1/(1 + exp((v + 90 (mV))/6.4 (mV)))
}

FUNCTION h_time_constant(v (mV)) (ms) {
    h_time_constant = (20 (ms) + 50 (ms)/(1 + exp((v + 50 (mV))/7 (mV))))/qt
}
