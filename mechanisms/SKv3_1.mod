TITLE Fast Kv3-type potassium current

COMMENT
ik = gSKv3_1bar m (v - ek)

Kinetics: Rettig et al. (1992), with methods of Grupe et al. (1990).
One activation gate, no inactivation, no temperature dependence.
Rates come from tables of 4,000 intervals over -150 to 100 mV (steps of 1/16 mV, linear
interpolation); outside that range, and everywhere with usetable_SKv3_1 = 0, they are
exact.  They are kept while v stays, because CVODE asks twice at each voltage.
ENDCOMMENT

NEURON {
    SUFFIX SKv3_1
    USEION k READ ek WRITE ik
    RANGE gSKv3_1bar, gSKv3_1, ik
}

UNITS {
    (S) = (siemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gSKv3_1bar = 1e-5 (S/cm2)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    gSKv3_1 (S/cm2)
    m_inf (1)
    m_tau (ms)
    v_rates (mV)
}

STATE {
    m
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gSKv3_1 = gSKv3_1bar*m
    ik = gSKv3_1*(v - ek)
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
    m_inf = m_infinity(v)
    m_tau = m_time_constant(v)
}

FUNCTION m_infinity(v (mV)) (1) {
    m_infinity = 1/(1 + exp(-(v - 18.7 (mV))/9.7 (mV)))
}

FUNCTION m_time_constant(v (mV)) (ms) {
    m_time_constant = 4 (ms)/(1 + exp(-(v + 46.56 (mV))/44.14 (mV)))
}
