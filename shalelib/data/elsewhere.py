"""Kinds of file that are not read here, and what brings each of them in."""

from __future__ import annotations

from pathlib import Path

_FIJI = "open it in Fiji (File > Import > Bio-Formats) and save it as a TIFF"
_AVIZO = "export it as TIFFs from Avizo or Amira"
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

_PICTURES = (".bmp", ".jpg", ".jpeg", ".gif", ".webp")

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
    **dict.fromkeys((".dm3", ".dm4"), _GATAN),
    **dict.fromkeys((".ser", ".emd", ".ics", ".jp2", ".mdoc"), _FIJI),
    **dict.fromkeys((".am", ".hx", ".amiramesh"), _AVIZO),
    **dict.fromkeys(_PICTURES, _PICTURE),
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), _UNPACK),
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".onnx", ".safetensors"), _NETWORK),
}


def is_picture(path: Path) -> bool:
    """Tell whether a file is a picture of one slice, of a kind that is not read."""
    return path.suffix.lower() in _PICTURES


def way_in(path: Path) -> str:
    """Return what brings in a file of another kind; nothing where that is not known.

    Examples
    --------
    >>> print(way_in(Path("scan.mrc")))
    save it as a TIFF, or ... to shalelib.data.as_volume: as_volume(mrcfile.read('scan.mrc'))
    """
    for end in ("".join(path.suffixes[-2:]).lower(), path.suffix.lower()):
        if end in _ARRAYS:
            array = _ARRAYS[end].format(path=str(path), folder=str(path.parent))
            return (
                "save it as a TIFF, or read it with another library and pass the array to "
                f"shalelib.data.as_volume: as_volume({array})"
            )
        if end in _WORDS:
            return _WORDS[end].format(path=str(path))
    return ""
