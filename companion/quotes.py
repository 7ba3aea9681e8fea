"""Sentences of the paper that the ledger tests, verbatim, and where each stands.

Anderson et al. 2021, Scientific Reports 11:20768 (CC BY 4.0). A test looks for every one of them
in the article's text; only line breaks, hyphenation and the height of an exponent may differ.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A quotation and its place in the article."""

    text: str
    where: str


_IMAGES = "Results, two-dimensional image reconstruction"
_VOLUMES = "Results, three-dimensional volume prediction"
_FLOW = "Results, flow in reconstructed volumes"

SENTENCES = {
    "no-model": Sentence(
        text="No Model 13.59 0.22 0.70 0.06 0.20",
        where="Table 1, first row",
    ),
    "improve": Sentence(
        text="Across all metrics, both the image translation and super-resolution models offer "
        "improvement over the unprocessed TXM images.",
        where=_IMAGES,
    ),
    "most": Sentence(
        text="STSIM and low density region segmentation show the largest improvement, while the "
        "high density segmentation showing minimal improvement over the raw TXM images.",
        where=_IMAGES,
    ),
    "families": Sentence(
        text="The WGAN models tend to outperform their vanilla GAN counterparts and GAN-based "
        "models perform a bit more strongly than the feed forward models in terms of PSNR and"
        " SSIM.",
        where=_IMAGES,
    ),
    "strongest": Sentence(
        text="The strongest performing GAN models are the WGAN models, particularly the pix2pix "
        "WGAN and SRGAN 2x WGAN models.",
        where=_IMAGES,
    ),
    "not-2d": Sentence(
        text="The z-regularization results show that a Jacobian regularization term does not "
        "significantly impact the 2D-to-2D image translation results except for the "
        "low-density region segmentation.",
        where=_IMAGES,
    ),
    "sparser": Sentence(
        text="A comparison of image patches for original and regularized models (Fig. 3) shows "
        "that the regularization results in predicted FIB-SEM images with sparser x and y "
        "gradients and less noise.",
        where=_IMAGES,
    ),
    "fewer": Sentence(
        text="Furthermore, the z-regularization term causes the models to synthesize fewer "
        "low-density regions, resulting in reduced performance for low-density region "
        "segmentation.",
        where=_IMAGES,
    ),
    "pix2pix-best": Sentence(
        text="The pix2pix (WGAN) model performs the most strongly in terms of PSNR, SSIM, and "
        "high-density region segmentation.",
        where="Table 1, caption",
    ),
    "srgan-best": Sentence(
        text="The SRGAN 4x (Vanilla) model performs the most strongly in terms of STSIM "
        "(perceptual similarity) and second most strongly for low-density region segmentation.",
        where="Table 1, caption",
    ),
    "reduces": Sentence(
        text="The z-regularization slightly reduces performance for all metrics except "
        "high-density region segmentation.",
        where="Table 1, caption",
    ),
    "wgan": Sentence(
        text="We also observed that for the GAN models, using the WGAN loss function tended to "
        "improve performance in terms of PSNR, SSIM, and STSIM, at the expense of synthesizing "
        "fewer low-density regions and reduced performance for low-density region segmentation.",
        where="Discussion",
    ),
    "slower": Sentence(
        text="these models take much longer to train due to the extra backpropagation steps "
        "required to compute the Jacobian-vector products used in the regularization term.",
        where="Discussion",
    ),
    "joint": Sentence(
        text="The results for the gray level co-occurrence probability distribution show similar "
        "results regardless of the model used.",
        where=_VOLUMES,
    ),
    "significant": Sentence(
        text="The models with z-regularization show a significant improvement in the perimeter and"
        " Euler characteristic metrics.",
        where=_VOLUMES,
    ),
    "area": Sentence(
        text="However, the area metric showed worse performance for the regularized models, likely"
        " because regularized models produce fewer low-density regions.",
        where=_VOLUMES,
    ),
    "planes": Sentence(
        text="For the area and perimeter, the z regularization and post-processing decrease "
        "performance for the x–y plane and produce similar results for the orthogonal x–z and"
        " y–z planes.",
        where="Table 2, caption",
    ),
    "both-euler": Sentence(
        text="Both z-regularization and post-processing show a significant improvement for the "
        "Euler characteristic results.",
        where="Table 2, caption",
    ),
    "median": Sentence(
        text="Results also show that post-processing with a median filter produces worse results "
        "for the pix2pix (WGAN) model but improves the perimeter and Euler characteristic "
        "results for the SRGAN 4x (Vanilla) model.",
        where=_VOLUMES,
    ),
    "continuity": Sentence(
        text="As shown in the image volumes, the z-regularization improves z-direction continuity, "
        "and the median filtering reduces “jittering” between image slices in the z-direction.",
        where=_VOLUMES,
    ),
    "between-slices": Sentence(
        text="We also see that the regularized models contain fewer low density regions, but as "
        "shown in Fig. 5, the low density regions are more continuous between slices than for"
        " the original models.",
        where=_VOLUMES,
    ),
    "order": Sentence(
        text="Results show permeability values on the order of O(10¹ nd) to O(10² nd), which is "
        "the expected order of magnitude for apparent permeability for a shale volume at the "
        "rock fabric scale.",
        where="Table 3, caption",
    ),
    "slightly": Sentence(
        text="LBM simulations predict slightly smaller apparent permeability and Knudsen numbers "
        "for the regularized model, likely due to the complex pore space connectivity in the "
        "computational domain.",
        where="Discussion",
    ),
    "choice": Sentence(
        text="We observe that the choice of model may substantially affect the morphology of the "
        "low density regions and therefore the Knudsen number and apparent permeability.",
        where=_FLOW,
    ),
    "active": Sentence(
        text="The original model has more active cells in the simulation domain and therefore "
        "produces more flow streamlines.",
        where="Figure 6, caption",
    ),
    "velocity": Sentence(
        text="Removal of active cells and creating disconnected flow paths reduces the ease of "
        "flow through the domain, which manifests in simulations as a reduced overall "
        "velocity and a less permeable medium.",
        where="Discussion",
    ),
    "gas": Sentence(
        text="a temperature of 370 K, inlet pressure of 0.8 MPa inlet pressure, a pressure drop of"
        " 0.8 × 10⁻⁷ MPa, and a kinematic viscosity of 10⁻⁴ cm²/s.",
        where=_FLOW,
    ),
    "accurate": Sentence(
        text="Results show that our image translation approach produces simulation domains "
        "suitable for flow visualization and allows for accurate characterization of "
        "petrophysical properties from non-destructive imaging data.",
        where="Abstract",
    ),
    "better-volumes": Sentence(
        text="We introduce a regularization method for improving 3D volume generation from "
        "2D-to-2D deep learning image models",
        where="Abstract",
    ),
    "isotropic": Sentence(
        text="This method assumes that structural features in porous media at the nanoscale are "
        "approximately isotropic and therefore the distribution of structural features in all"
        " image planes should match the distribution from ground truth test set images.",
        where="Methods, unpaired image similarity metrics",
    ),
    "smaller-better": Sentence(
        text="Therefore, a smaller value of KL divergence indicates better model performance.",
        where=_VOLUMES,
    ),
}
