TITLE Fast inactivating (transient) potassium current

COMMENT
ik = gK_Tstbar m^4 h (v - ek)

Kinetics: Korngreen & Sakmann (2000), shifted by -10 mV (junction potential; the
offsets below include it).
Rates are scaled once by qt = 2.3^((34 - 21)/10), which does not follow celsius.
Rates come from tables of 4,000 intervals over -150 to 100 mV (steps of 1/16 mV, linear
interpolation); outside that range, and everywhere with usetable_K_Tst = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
ENDCOMMENT

NEURON {
    SUFFIX K_Tst
    USEION k READ ek WRITE ik
    RANGE gK_Tstbar, gK_Tst, ik
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gK_Tstbar = 1e-5 (S/cm2)
}

: 2.3^((34 - 21)/10)
CONSTANT {
    qt = 2.952882641412121 (1)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    gK_Tst (S/cm2)
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
    gK_Tst = gK_Tstbar*m*m*m*m*h
    ik = gK_Tst*(v - ek)
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
    m_infinity = 1/(1 + exp(-(v + 10 (mV))/19 (mV)))
}

FUNCTION m_time_constant(v (mV)) (ms) {
    LOCAL z
    z = (v + 81 (mV))/59 (mV)
    m_time_constant = (0.34 (ms) + (0.92 (ms))*exp(-z*z))/qt
}

FUNCTION h_infinity(v (mV)) (1) {
    h_infinity = 1/(1 + exp((v + 76 (mV))/10 (mV)))
}

FUNCTION h_time_constant(v (mV)) (ms) {
    LOCAL z
    z = (v + 83 (mV))/23 (mV)
    h_time_constant = (8 (ms) + (49 (ms))*exp(-z*z))/qt
}
