TITLE Hyperpolarisation-activated cation current

COMMENT
ihcn = gIhbar m (v - ehcn)

Kinetics: Kole, Hallermann & Stuart (2006); the paper's voltages are already
corrected for the junction potential.  No temperature dependence.
The removable singularity of the opening rate at -154.9 mV is replaced by its
series.
Rates come from tables of 4,000 intervals over -150 to 100 mV (steps of 1/16 mV, linear
interpolation); outside that range, and everywhere with usetable_Ih = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
ENDCOMMENT

NEURON {
    SUFFIX Ih
    NONSPECIFIC_CURRENT ihcn
    RANGE gIhbar, gIh, ihcn
    GLOBAL ehcn
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gIhbar = 1e-5 (S/cm2)
    ehcn = -45 (mV)
}

ASSIGNED {
    v (mV)
    ihcn (mA/cm2)
    gIh (S/cm2)
    m_inf (1)
    m_tau (ms)
    v_rates (mV)
}

STATE {
    m
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gIh = gIhbar*m
    ihcn = gIh*(v - ehcn)
}

INITIAL {
    v_rates = v
    rates(v)
    m = m_inf
}

DERIVATIVE states {
    if (v != v_rates) {
        v_rates = v
        rates(v)
    }
    m' = (m_inf - m)/m_tau
}

PROCEDURE rates(v (mV)) {
    if (v > -150 (mV) && v < 100 (mV)) {
        tabulated_rates(v)
    } else {
        exact_rates(v)
    }
}

PROCEDURE tabulated_rates(v (mV)) {
    TABLE m_inf, m_tau FROM -150 TO 100 WITH 4000
    exact_rates(v)
}

PROCEDURE exact_rates(v (mV)) {
    LOCAL a, b
    a = m_alpha(v)
    b = m_beta(v)
    m_tau = 1/(a + b)
    m_inf = a/(a + b)
}

FUNCTION m_alpha(v (mV)) (/ms) {
    m_alpha = (0.00643 (/mV-ms))*linoid(-(v + 154.9 (mV)), 11.9 (mV))
}

FUNCTION m_beta(v (mV)) (/ms) {
    m_beta = (0.193 (/ms))*exp(v/33.1 (mV))
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-5) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
