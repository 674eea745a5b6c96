TITLE Persistent sodium current

COMMENT
ina = gNap_Et2bar m^3 h (v - ena)

Kinetics: Magistretti & Alonso (1999).  The activation time constant is six times
that of the transient current (rates of Colbert & Pan 2002).  The inactivation
rates serve the time constant only: h_inf is fitted on its own.
Rates are scaled once by qt = 2.3^((34 - 21)/10), which does not follow celsius.
Every rate is 0/0 at its half voltage and is replaced there by its series.
Rates come from tables of 4,000 intervals over -150 to 100 mV (steps of 1/16 mV, linear
interpolation); outside that range, and everywhere with usetable_Nap_Et2 = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
ENDCOMMENT

NEURON {
    SUFFIX Nap_Et2
    USEION na READ ena WRITE ina
    RANGE gNap_Et2bar, gNap_Et2, ina
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gNap_Et2bar = 1e-5 (S/cm2)
}

: 2.3^((34 - 21)/10)
CONSTANT {
    qt = 2.952882641412121 (1)
}

ASSIGNED {
    v (mV)
    ena (mV)
    ina (mA/cm2)
    gNap_Et2 (S/cm2)
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
    gNap_Et2 = gNap_Et2bar*m*m*m*h
    ina = gNap_Et2*(v - ena)
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
    m_infinity = 1/(1 + exp(-(v + 52.6 (mV))/4.6 (mV)))
}

FUNCTION m_time_constant(v (mV)) (ms) {
    LOCAL a, b
    a = (0.182 (/mV-ms))*linoid(v + 38 (mV), 6 (mV))
    b = (0.124 (/mV-ms))*linoid(-(v + 38 (mV)), 6 (mV))
    m_time_constant = 6/(a + b)/qt
}

FUNCTION h_infinity(v (mV)) (1) {
    h_infinity = 1/(1 + exp((v + 48.8 (mV))/10 (mV)))
}

FUNCTION h_time_constant(v (mV)) (ms) {
    LOCAL a, b
    a = (2.88e-6 (/mV-ms))*linoid(-(v + 17 (mV)), 4.63 (mV))
    b = (6.94e-6 (/mV-ms))*linoid(v + 64.4 (mV), 2.63 (mV))
    h_time_constant = 1/(a + b)/qt
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-5) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
