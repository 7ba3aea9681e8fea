"""Kinds of file that are not read here, and what brings each of them in."""

from __future__ import annotations

from pathlib import Path

_FIJI = "Fiji opens it (File > Import > Bio-Formats) and saves it as a TIFF"
_AVIZO = "Avizo or Amira exports it as TIFFs"
_UNPACK = "unpack it, and name what was in it"
_PICTURE = "Fiji saves it as a TIFF; what JPEG lost is not brought back"
_NETWORK = "that is a network and no image: see shalelib.models.load_generator"
_TXRM = "txrm2tiff converts it to an OME-TIFF with its scale (pip install txrm2tiff)"
_ITK = "SimpleITK.GetArrayFromImage(SimpleITK.ReadImage({path!r}))"
_DICOM = (
    "SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("
    "SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames({folder!r})))"
)

_ARRAYS = {  # expressions for an array
    **dict.fromkeys((".nc", ".nc4", ".cdf"), "xarray.open_dataarray({path!r})"),
    **dict.fromkeys((".h5", ".hdf5", ".he5", ".ilp", ".nxs"), "h5py.File({path!r})[name][:]"),
    **dict.fromkeys((".nrrd", ".nhdr", ".mha", ".mhd", ".nii", ".nii.gz", ".hdr"), _ITK),
    **dict.fromkeys((".dcm", ".dicom", ".ima"), _DICOM),
    **dict.fromkeys((".mrc", ".rec", ".map", ".st", ".ali"), "mrcfile.read({path!r})"),
    **dict.fromkeys((".vti", ".vtk"), "pyvista.read({path!r})[name].reshape((z, y, x))"),
    ".npz": "numpy.load({path!r})[name]",
    ".mat": "scipy.io.loadmat({path!r})[name].transpose((2, 0, 1))",
    **dict.fromkeys((".csv", ".txt"), "numpy.loadtxt({path!r})[numpy.newaxis]"),
}
_WORDS = {
    **dict.fromkeys((".txrm", ".xrm", ".txm"), _TXRM),
    **dict.fromkeys((".czi", ".lif", ".nd2", ".oib", ".oif", ".vsi", ".ims"), _FIJI),
    **dict.fromkeys((".dm3", ".dm4", ".ser", ".emd", ".ics", ".jp2", ".mdoc"), _FIJI),
    **dict.fromkeys((".am", ".hx", ".amiramesh"), _AVIZO),
    **dict.fromkeys((".bmp", ".jpg", ".jpeg", ".gif", ".webp"), _PICTURE),
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), _UNPACK),
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".onnx", ".safetensors"), _NETWORK),
}


def way_in(path: Path) -> str:
    """Return what brings a file in, to end a sentence; nothing where that is not known.

    Examples
    --------
    >>> way_in(Path("scan.mrc"))
    ": as_volume(mrcfile.read('scan.mrc'))"
    >>> way_in(Path("scan.zip"))
    '; unpack it, and name what was in it'
    """
    ends = ["".join(path.suffixes[-2:]).lower(), path.suffix.lower()]
    for end in ends:
        if end in _ARRAYS:
            array = _ARRAYS[end].format(path=str(path), folder=str(path.parent))
            return f": as_volume({array})"
        if end in _WORDS:
            return f"; {_WORDS[end]}"
    return ""
