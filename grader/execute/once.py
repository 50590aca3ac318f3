"""Names that libraries had in an older version, so that a notebook that uses one was right once.

Those that `grader.execute.habits.removed` gives back are not here. Any other name that a library lacks is the
notebook's own mistake.
"""

from __future__ import annotations

import re

_MODULES = {
    "torch": "rfft irfft gels gesv gesdd potrf potri potrs pstrf btrifact btrifact_with_info btrisolve "
    "btriunpack trtrs legacy set_deterministic is_deterministic",
    "torch.nn.init": "uniform normal constant xavier_uniform xavier_normal kaiming_uniform kaiming_normal",
    "pandas": "Panel datetime np rolling_mean rolling_std rolling_sum rolling_apply ewma Int64Index "
    "Float64Index UInt64Index TimeGrouper scatter_matrix ols",
    "scipy": "sqrt exp log array linspace zeros ones mean random rand randn dot pi inf",
    "scipy.misc": "imread imsave imresize toimage face ascent derivative comb factorial logsumexp",
    "scipy.integrate": "simps trapz cumtrapz romberg quadrature",
    "scipy.signal": "hann hamming gaussian blackman",
    "scipy.stats": "binom_test itemfreq median_absolute_deviation",
    "sklearn": "externals cross_validation grid_search learning_curve",
    "sklearn.metrics": "plot_confusion_matrix plot_roc_curve",
    "sklearn.datasets": "load_boston fetch_mldata",
    "matplotlib": "warnings",
    "matplotlib.cm": "get_cmap register_cmap spectral",
    "matplotlib.pyplot": "hold ishold spectral register_cmap plot_date",
    "seaborn": "tsplot factorplot distplot lvplot",
    "networkx": "info from_numpy_matrix to_numpy_matrix from_scipy_sparse_matrix read_gpickle write_gpickle",
    "PIL.Image": "ANTIALIAS LINEAR CUBIC",
    "locale": "format",
    "fractions": "gcd",
    "base64": "encodestring decodestring",
    "ast": "Num Str Bytes NameConstant",
}
_OBJECTS = {
    "DataFrame|Series": "ix as_matrix get_value set_value lookup to_panel ravel swaplevels from_csv "
    "rolling_mean sort sortlevel",
    r"\w*Index": "is_monotonic is_all_dates get_loc_level",
    "Styler": "hide_index hide_columns set_precision render",
    "numpy.ndarray": "ptp newbyteorder itemset tostring",
    "Tensor": "symeig eig solve lstsq gels btrifact potrf trtrs rfft irfft",
    r"Axes\w*": "set_color_cycle hold w_xaxis w_yaxis w_zaxis",
    r"Figure\w*": "set_window_title window",
}

_OWNERS = [(f"module '{re.escape(name)}'", once) for name, once in _MODULES.items()]
_OWNERS += [(f"'(?:{kinds})' object", once) for kinds, once in _OBJECTS.items()]
ONCE = "|".join(f"{owner} has no attribute '(?:{'|'.join(once.split())})'" for owner, once in _OWNERS)
"""how an AttributeError names one"""
