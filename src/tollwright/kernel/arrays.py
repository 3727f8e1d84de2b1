"""The types of columns, named once."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Kind = TypeVar("Kind", bound=np.generic)
NONE = -(1 << 63)  # stands for a number, or a moment, that is not there


def frozen(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Contiguous and read-only: one signature, one compilation."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
