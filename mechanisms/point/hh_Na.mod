TITLE Fast sodium current of the patch-seq cell

COMMENT
i = gbar m^3 h (v - erev), for the cell hh of one compartment.

Kinetics: Pospischil et al. (2008), Biol Cybern 99:427, as used by
Bernaerts et al. (2025), Patterns 6:101323, for neurons of mouse motor cortex.
Rates are those of 36 degC, times 2.3 for each 10 degrees above it.
v_t shifts the voltage, and r_ss divides the rates.
The conductance is in mS/cm2, as in ionfo.emodels.point.hh, whose numbers these are.
ENDCOMMENT

NEURON {
    SUFFIX hh_Na
    NONSPECIFIC_CURRENT i
    RANGE gbar, g, i, erev, v_t, r_ss
}

UNITS {
    (mS) = (millisiemens)
    (mV) = (millivolt)
    (mA) = (milliamp)
}

PARAMETER {
    gbar = 0 (mS/cm2)
    erev = 69 (mV)
    v_t = -60 (mV)
    r_ss = 1 (1)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    i (mA/cm2)
    g (mS/cm2)
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
    g = gbar*m*m*m*h
    i = (0.001)*g*(v - erev)
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
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
