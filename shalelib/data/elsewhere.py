"""Kinds of file that are not read here, and how to bring in each of them."""

from __future__ import annotations

from pathlib import Path

_FIJI = "open it in Fiji (File > Import > Bio-Formats) and save it as a TIFF"
_AVIZO = (
    "export it as TIFFs from Avizo or Amira, or open it in Fiji (File > Import > Bio-Formats) and "
    "save it as a TIFF"
)
_PROJECT = (
    "it is a project and holds no voxels by itself; export the volume from the program that wrote "
    "it, as TIFFs"
)
_ORS = "export it as TIFFs from Dragonfly"
_STACK_BESIDE = (
    "it describes a stack that lies beside it; name that, of the same name without this end"
)
_UNPACK = "unpack it and name what was in it, or pass that as an array to shalelib.data.as_volume"
_PICTURE = "save it as a TIFF or PNG, from Fiji for example"
_NETWORK = "it is a network, and shalelib.models.load_generator reads those of shalelib"
_TXRM = "convert it to an OME-TIFF with its scale by txrm2tiff (pip install txrm2tiff)"
_GATAN = (
    "export it as a TIFF from DigitalMicrograph, or read it with another library and pass the "
    "array, with the size of its voxels, to shalelib.data.as_volume: image = "
    "ncempy.io.dm.dmReader({path!r}), then as_volume(image['data'], voxel_size=...), of one slice "
    "image['data'][numpy.newaxis]; image['pixelSize'] has its size in image['pixelUnit']. "
    "rsciio.digitalmicrograph of rosettasciio reads it, too"
)
_ITK = "SimpleITK.GetArrayFromImage(SimpleITK.ReadImage({path!r}))"
_DICOM = (
    "SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("
    "SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames({folder!r})))"
)

_HDF5 = "h5py.File({path!r})[name][:]"
_MATLAB7 = "h5py.File({path!r})[name][:].transpose((0, 2, 1))"  # h5py reverses its axes

_LOOK = 256  # bytes at the start of a file
_PICTURES = (".bmp", ".jpg", ".jpeg", ".gif", ".webp")

_ARRAYS = {  # expressions that read an array
    **dict.fromkeys((".nc", ".nc4", ".cdf"), "xarray.open_dataset({path!r})[name]"),
    **dict.fromkeys((".h5", ".hdf5", ".he5", ".ilp", ".nxs", ".emd", ".hspy", ".hdf"), _HDF5),
    **dict.fromkeys((".nrrd", ".nhdr", ".mha", ".mhd", ".nii", ".nii.gz", ".hdr"), _ITK),
    **dict.fromkeys((".dcm", ".dicom", ".ima"), _DICOM),
    **dict.fromkeys((".mrc", ".rec", ".map", ".st", ".ali"), "mrcfile.read({path!r})"),
    **dict.fromkeys((".vti", ".vtk"), "pyvista.read({path!r})[name].reshape((z, y, x))"),
    ".npz": "numpy.load({path!r})[name]",
    ".mat": "scipy.io.loadmat({path!r})[name].transpose((2, 0, 1))",
    ".csv": "numpy.loadtxt({path!r}, delimiter=',')[numpy.newaxis]",
    ".txt": "numpy.loadtxt({path!r})[numpy.newaxis]",
    ".ser": "ncempy.io.ser.serReader({path!r})['data']",
    **dict.fromkeys((".fits", ".fit"), "astropy.io.fits.getdata({path!r})"),
    ".edf": "fabio.open({path!r}).data[numpy.newaxis]",
}
_WORDS = {
    **dict.fromkeys((".txrm", ".xrm", ".txm"), _TXRM),
    **dict.fromkeys((".czi", ".lif", ".nd2", ".oib", ".oif", ".vsi", ".ims"), _FIJI),
    **dict.fromkeys((".dm3", ".dm4"), _GATAN),
    **dict.fromkeys((".ics", ".jp2"), _FIJI),
    ".mdoc": _STACK_BESIDE,
    **dict.fromkeys((".am", ".amiramesh"), _AVIZO),
    **dict.fromkeys((".hx", ".orssession"), _PROJECT),
    ".orsobject": _ORS,
    **dict.fromkeys(_PICTURES, _PICTURE),
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), _UNPACK),
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".onnx", ".safetensors"), _NETWORK),
}


_STARTS = (  # marks by which a file with another ending, or none, is known
    (0, b"\x89HDF", ".h5"),
    (128, b"DICM", ".dcm"),
    (208, b"MAP ", ".mrc"),
    (0, b"CDF", ".nc"),
    (0, b"SIMPLE  =", ".fits"),
    (0, b"# AmiraMesh", ".am"),
    (0, b"# Avizo", ".am"),
    (0, b"PK\3\4", ".zip"),
    (0, b"\x1f\x8b", ".gz"),
)


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture of one slice, of a kind that is not read."""
    return path.suffix.lower() in _PICTURES


def way_in(path: Path) -> str:
    """Return how to bring in a file of another kind; nothing where that is not known.

    Examples
    --------
    >>> print(way_in(Path("scan.mrc")))
    save it as a TIFF, or ... to shalelib.data.as_volume: as_volume(mrcfile.read('scan.mrc'))
    """
    start = _start(path)
    if path.suffix.lower() == ".mat" and start.startswith(b"MATLAB 7.3"):
        return _as_array(_MATLAB7, path)
    ends = ["".join(path.suffixes[-2:]).lower(), path.suffix.lower()]
    ends += [end for at, mark, end in _STARTS if start[at:].startswith(mark)]
    for end in ends:
        if end in _ARRAYS:
            return _as_array(_ARRAYS[end], path)
        if end in _WORDS:
            return _WORDS[end].format(path=str(path))
    return ""


def _start(path: Path) -> bytes:
    """Return how a file begins; nothing of one that cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(_LOOK)
    except OSError:
        return b""


def _as_array(expression: str, path: Path) -> str:
    array = expression.format(path=str(path), folder=str(path.parent))
    return (
        "save it as a TIFF, or read it with another library and pass the array, with the size of "
        f"its voxels, to shalelib.data.as_volume: as_volume({array})"
    )
