TITLE Fast sodium current and delayed rectifier of the patch-seq cell

COMMENT
i = gnabar m^3 h (v - ena) + gkbar n^4 (v - ek), for the cell hh of one compartment.

Kinetics: Pospischil et al. (2008), Biol Cybern 99:427, as used by
Bernaerts et al. (2025), Patterns 6:101323, for neurons of mouse motor cortex.
Rates are those of 36 degC, times 2.3 for each 10 degrees above it.
The two stand together, as they share v_t, which shifts their voltage, and r_ss, which divides
their rates.
The conductances are in mS/cm2, as in ionfo.emodels.point.hh, whose numbers these are.
ENDCOMMENT

NEURON {
    SUFFIX hh_NaKd
    NONSPECIFIC_CURRENT i_na, i_k
    RANGE gnabar, gkbar, i_na, i_k, erev_na, erev_k, v_t, r_ss
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gnabar = 0 (mS/cm2)
    gkbar = 0 (mS/cm2)
    erev_na = 69 (mV)
    erev_k = -98.4 (mV)
    v_t = -60 (mV)
    r_ss = 1 (1)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    i_na (mA/cm2)
    i_k (mA/cm2)
    m_inf (1)
    m_tau (ms)
    h_inf (1)
    h_tau (ms)
    n_inf (1)
    n_tau (ms)
}

STATE {
    m
    h
    n
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i_na = (0.001)*gnabar*m*m*m*h*(v - erev_na)
    i_k = (0.001)*gkbar*n*n*n*n*(v - erev_k)
}

INITIAL {
    rates(v)
    m = m_inf
    h = h_inf
    n = n_inf
}

DERIVATIVE states {
    rates(v)
    m' = (m_inf - m)/m_tau
    h' = (h_inf - h)/h_tau
    n' = (n_inf - n)/n_tau
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b, q, u
    q = 2.3^((celsius - 36 (degC))/10 (degC))/r_ss
    u = v - v_t
    a = 0.32 (/mV-ms)*linoid(u - 13 (mV), 4 (mV))
    b = 0.28 (/mV-ms)*linoid(40 (mV) - u, 5 (mV))
    m_inf = a/(a + b)
    m_tau = 1/(q*(a + b))
    a = 0.128 (/ms)*exp((17 (mV) - u)/18 (mV))
    b = 4 (/ms)/(1 + exp((40 (mV) - u)/5 (mV)))
    h_inf = a/(a + b)
    h_tau = 1/(q*(a + b))
    a = 0.032 (/mV-ms)*linoid(u - 15 (mV), 5 (mV))
    b = 0.5 (/ms)*exp((10 (mV) - u)/40 (mV))
    n_inf = a/(a + b)
    n_tau = 1/(q*(a + b))
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
