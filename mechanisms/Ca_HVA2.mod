TITLE High-voltage-activated calcium current, inactivation corrected for the junction potential

COMMENT
ica = gCa_HVAbar m^2 h (v - eca)

Kinetics: Reuveni, Friedman, Amitai & Gutnick (1993), with activation after
Sayer, Schwindt & Crill (1990) and inactivation after Dichter & Zona (1989).
Inactivation is shifted by 12.3 mV (junction potential), activation is not.
No temperature dependence.
The removable singularity of the activation rate at -27 mV is replaced by its
series.
Rates come from tables of 4,000 intervals over -150 to 100 mV (steps of 1/16 mV, linear
interpolation); outside that range, and everywhere with usetable_Ca_HVA2 = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
ENDCOMMENT

NEURON {
    SUFFIX Ca_HVA2
    USEION ca READ eca WRITE ica
    RANGE gCa_HVAbar, ica
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gCa_HVAbar = 1e-5 (S/cm2)
}

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)
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
    ica = gCa_HVAbar*m*m*h*(v - eca)
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
    LOCAL a, b
    a = m_alpha(v)
    b = m_beta(v)
    m_tau = 1/(a + b)
    m_inf = a/(a + b)
    a = h_alpha(v)
    b = h_beta(v)
    h_tau = 1/(a + b)
    h_inf = a/(a + b)
}

FUNCTION m_alpha(v (mV)) (/ms) {
    m_alpha = (0.055 (/mV-ms))*linoid(v + 27 (mV), 3.8 (mV))
}

FUNCTION m_beta(v (mV)) (/ms) {
    m_beta = (0.94 (/ms))*exp(-(v + 75 (mV))/17 (mV))
}

FUNCTION h_alpha(v (mV)) (/ms) {
    h_alpha = (0.000457 (/ms))*exp(-(v + 25.3 (mV))/50 (mV))
}

FUNCTION h_beta(v (mV)) (/ms) {
    h_beta = (0.0065 (/ms))/(1 + exp(-(v + 27.3 (mV))/28 (mV)))
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-5) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
