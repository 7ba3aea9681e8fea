"""The profile `paper` has the sizes that the paper states; the others change sizes alone."""

from __future__ import annotations

import dataclasses

import pytest

from companion.profiles import LAPTOP, PAPER, PROFILES, SMOKE
from shalelib.phantom.acquisition import AcquisitionConfig, split_sizes
from shalelib.segmentation.classifier import ClassifierConfig


def test_the_paper_tests_100_patches_with_2000_resamples():
    evaluation = PAPER.evaluation
    assert (evaluation.crops, evaluation.crop, evaluation.resamples) == (100, 128, 2000)


def test_the_papers_training_is_of_its_length_and_width():
    """50 + 25 epochs of 10,000 patches of 128 x 128 pixels, one a step; 64 and 256 channels."""
    train = PAPER.train
    assert (train.epochs, train.epochs_decay, train.patches_per_epoch) == (50, 25, 10_000)
    assert (train.patch, train.batch, train.ngf, train.ndf, train.sr_width) == (128, 1, 64, 64, 256)


def test_the_papers_plug_is_30_micrometres_wide_and_holds_five_cubes_of_128():
    """419 slices of 33.6 nm voxels from a TXM of 31.2 nm; 101, 12 and 36 of them are paired."""
    phantom, acquisition = PAPER.phantom, PAPER.acquisition
    assert phantom.diameter * phantom.voxel_size == pytest.approx(30e-6, rel=1e-3)
    assert (phantom.voxel_size, phantom.txm.voxel_size) == (33.6e-9, 31.2e-9)
    assert (phantom.depth, acquisition.cube) == (419, 128)
    assert acquisition.spacing == (30e-9, 50e-9)
    assert split_sizes(phantom.depth, acquisition.cube) == (101, 12, 36)


def test_gas_flows_through_a_cube_of_the_papers_edge():
    flow = PAPER.flow
    assert flow.cube_edge == 128
    assert max(flow.subvolumes) < flow.cube_edge
    assert (flow.limit_edge, flow.slip_cells) == (64, 80)
    assert flow.refinements[0] == flow.stokes_refinements[0] == 1


def test_a_profile_changes_sizes_and_nothing_that_is_physics():
    """Both microscopes, the rock and how cuts were registered are those of the paper's profile."""
    for profile in PROFILES:
        assert dataclasses.replace(profile.phantom, depth=419, width=1000, diameter=893) == (
            PAPER.phantom
        )
        assert dataclasses.replace(profile.acquisition, cube=128) == AcquisitionConfig()
    assert LAPTOP.evaluation == PAPER.evaluation
    assert LAPTOP.flow == PAPER.flow
    assert {profile.dpi for profile in PROFILES if profile is not SMOKE} == {160}
    assert SMOKE.evaluation.crops < LAPTOP.evaluation.crops


def test_the_classifier_is_of_the_size_that_the_benchmark_chose():
    """40 trees of 12 levels on 20,000 pixels a class, of Ilastik's scales but the finest."""
    classifier = ClassifierConfig()
    assert (classifier.n_trees, classifier.max_depth, classifier.min_leaf) == (40, 12, 3)
    assert (PAPER.forest.trees, PAPER.forest.pixels) == (40, 20_000)
    assert classifier.max_pixels == PAPER.forest.pixels
    assert classifier.features.sigmas == (0.7, 1.0, 1.6, 3.5, 5.0, 10.0)
    assert len(classifier.features) == 48
