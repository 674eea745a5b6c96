"""Noise currents of a stated SD and bandwidth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...limits import check_given, check_number

SAMPLE = 0.1
"""Between the samples of the noise, which are interpolated (ms)."""

BANDWIDTH = 1000.0
"""Cut-off of the low-pass filter (Hz)."""

_ORDER = 4
_NYQUIST = 500.0 / SAMPLE  # Hz


def filtered_noise(
    duration: float, sd: float, bandwidth: float, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Draw white noise and filter it forwards and backwards (Butterworth, order 4).

    Published noise is often given by the SD of the samples before filtering; that of the samples
    after it is smaller by about sqrt(0.9 bandwidth/(Nyquist frequency)): 0.42 of it for 1000 Hz
    and samples of 0.1 ms, 0.30 for samples of 0.05 ms.

    Parameters
    ----------
    duration : float
        ms.
    sd : float
        SD after filtering.
    bandwidth : float
        Hz.
    generator : Generator
        Source of the noise.

    Returns
    -------
    ndarray, shape (n_samples,)
        In the unit of the SD, a sample every 0.1 ms from 0 to the end.
    """
    from scipy.signal import butter, sosfiltfilt, sosfreqz

    check_given(bandwidth=bandwidth)
    check_number("the bandwidth of the noise (Hz)", bandwidth, 1.0, 0.9 * _NYQUIST)
    sections = butter(_ORDER, bandwidth / _NYQUIST, output="sos")
    _, response = sosfreqz(sections, 1 << 14)
    gain = np.sqrt(np.mean(np.abs(response) ** 4))  # the filter acts twice
    margin = round(10 * _NYQUIST / bandwidth)  # steps in which the filter has settled
    n = round(duration / SAMPLE) + 2
    white = generator.standard_normal(n + 2 * margin)
    filtered: NDArray[np.float64] = sosfiltfilt(sections, white, padtype=None)
    noise: NDArray[np.float64] = filtered[margin:-margin] * (sd / gain)
    return noise
