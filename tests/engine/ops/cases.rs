//! Every op, judged on odd sizes and 1-pixel sides.

use dipkit::graph::{Padding, Resample, Shape, SparseMatrix};

use super::judge::Case;
use super::slow;

fn judge_conv(from: Shape, outputs: usize, kernel: usize, stride: usize, padding: Padding) {
    let conv = slow::Conv { from, outputs, kernel, stride, padding };
    Case {
        name: format!("convolution {kernel}x{kernel} stride {stride} {padding:?} of {from:?} to {outputs}"),
        inputs: vec![from],
        build: &|graph, x| graph.conv(x[0], "conv", outputs, kernel, stride, padding),
        slow: &|p| slow::conv(conv, &p[0], &p[1], &p[2]),
    }
    .judge();
}

const PADDINGS: [Padding; 2] = [Padding::Reflection, Padding::Zero];

#[test]
fn convolution_matches_loop() {
    for padding in PADDINGS {
        for kernel in [1, 3, 5, 7] {
            for stride in [1, 2] {
                judge_conv(Shape::new(3, 7, 9), 2, kernel, stride, padding);
                judge_conv(Shape::new(2, 8, 6), 3, kernel, stride, padding);
            }
        }
    }
}

#[test]
fn convolution_wider_than_the_picture_matches_loop() {
    for padding in PADDINGS {
        for kernel in [3, 5, 7] {
            for (height, width) in [(1, 1), (1, 5), (4, 1), (2, 2), (3, 2)] {
                for stride in [1, 2] {
                    judge_conv(Shape::new(2, height, width), 2, kernel, stride, padding);
                }
            }
        }
    }
}

/// candle had bugs where channels equal height and width.
#[test]
fn convolution_of_a_cube_matches_loop() {
    for side in [3, 4, 5] {
        for kernel in [1, 3] {
            judge_conv(Shape::new(side, side, side), side, kernel, 1, Padding::Reflection);
            judge_conv(Shape::new(side, side, side), side, kernel, 2, Padding::Zero);
        }
    }
}

/// More pixels than a slab, more channels than a block.
#[test]
fn large_convolution_matches_loop() {
    judge_conv(Shape::new(19, 23, 29), 3, 3, 1, Padding::Reflection);
    judge_conv(Shape::new(3, 37, 41), 2, 5, 2, Padding::Reflection);
    judge_conv(Shape::new(2, 3, 601), 2, 3, 1, Padding::Zero);
}

/// On a graphics card pictures of many tiles have kernels of their own.
#[test]
fn convolution_of_many_tiles_matches_loop() {
    judge_conv(Shape::new(2, 2117, 3), 3, 1, 1, Padding::Zero);
    judge_conv(Shape::new(2, 1061, 35), 3, 3, 1, Padding::Reflection);
}

#[test]
fn batch_norm_matches_loop() {
    for (height, width) in [(5, 7), (1, 3), (2, 1), (40, 41)] {
        Case {
            name: format!("batch norm of {width}x{height}"),
            inputs: vec![Shape::new(3, height, width)],
            build: &|graph, x| graph.batch_norm(x[0], "norm"),
            slow: &|p| slow::batch_norm(&p[0], &p[1], &p[2]),
        }
        .judge();
    }
}

#[test]
fn batch_norm_of_one_pixel_is_finite() {
    Case {
        name: "batch norm of one pixel".into(),
        inputs: vec![Shape::new(3, 1, 1)],
        build: &|graph, x| graph.batch_norm(x[0], "norm"),
        slow: &|p| slow::batch_norm(&p[0], &p[1], &p[2]),
    }
    .judge();
}

#[test]
fn pointwise_ops_match_loops() {
    for shape in [Shape::new(3, 5, 7), Shape::new(1, 1, 1), Shape::new(2, 130, 131)] {
        Case {
            name: format!("leaky relu of {shape:?}"),
            inputs: vec![shape],
            build: &|graph, x| graph.leaky_relu(x[0]),
            slow: &|p| slow::leaky_relu(&p[0]),
        }
        .judge();
        Case {
            name: format!("sigmoid of {shape:?}"),
            inputs: vec![shape],
            build: &|graph, x| graph.sigmoid(x[0]),
            slow: &|p| slow::sigmoid(&p[0]),
        }
        .judge();
    }
}

fn judge_resample(name: &str, channels: usize, resample: &Resample) {
    let from = Shape::new(channels, resample.rows.columns(), resample.columns.columns());
    Case {
        name: format!("{name} of {from:?}"),
        inputs: vec![from],
        build: &|graph, x| graph.resample(x[0], resample.clone()),
        slow: &|p| slow::resample(resample, channels, &p[0]),
    }
    .judge();
}

#[test]
fn resampling_matches_loop() {
    for (height, width) in [(1, 1), (1, 4), (3, 1), (2, 2), (5, 7), (33, 18)] {
        judge_resample("nearest", 2, &Resample::up_nearest(height, width));
        judge_resample("bilinear", 2, &Resample::up_bilinear(height, width));
        judge_resample("average", 2, &Resample::down_average(2 * height, 2 * width));
    }
    judge_resample("average of odd sides", 2, &Resample::down_average(7, 5));
}

#[test]
fn general_resampling_matches_loop() {
    let axis = |rows: usize, columns: usize| {
        SparseMatrix::new(rows, columns, |i| {
            (0..4).map(|tap| ((3 * i + 5 * tap) % columns, 0.1 + tap as f32)).collect()
        })
    };
    judge_resample("general", 3, &Resample { rows: axis(3, 11), columns: axis(5, 7) });
    judge_resample("general", 1, &Resample { rows: axis(9, 4), columns: axis(8, 6) });
}

#[test]
fn crop_matches_loop() {
    let from = Shape::new(2, 6, 7);
    for at in [[1, 2, 3, 4], [0, 0, 6, 6], [2, 0, 4, 7], [5, 6, 1, 1]] {
        Case {
            name: format!("crop {at:?}"),
            inputs: vec![from],
            build: &|graph, x| graph.crop(x[0], at[0], at[1], at[2], at[3]),
            slow: &|p| slow::crop(from, at, &p[0]),
        }
        .judge();
    }
}

/// To more and to fewer channels, to more than a block, and beside another reader of the same value.
#[test]
fn mix_matches_loop() {
    let row = |i: usize| [0.3, -1.5, 0.25 * i as f32];
    for channels in [1, 2, 3, 5, 11] {
        let matrix: Vec<[f32; 3]> = (0..channels).map(row).collect();
        for shape in [Shape::new(3, 5, 7), Shape::new(3, 1, 1), Shape::new(3, 70, 71)] {
            Case {
                name: format!("mix of {shape:?} to {channels} channels"),
                inputs: vec![shape],
                build: &|graph, x| {
                    let mixed = graph.mix(x[0], &matrix);
                    graph.concat(&[mixed, x[0]])
                },
                slow: &|p| [slow::mix(&matrix, &p[0]), p[0].clone()].concat(),
            }
            .judge();
        }
    }
}

#[test]
fn concat_matches_loop() {
    Case {
        name: "concat".into(),
        inputs: [1, 3, 2].map(|channels| Shape::new(channels, 3, 5)).to_vec(),
        build: &|graph, x| graph.concat(x),
        slow: &|p| p.concat(),
    }
    .judge();
}

/// candle's gradient of nearest upsampling was wrong here.
#[test]
fn value_with_two_consumers_gathers_both_gradients() {
    let from = Shape::new(2, 3, 4);
    let up = Resample::up_nearest(3, 4);
    Case {
        name: "x beside its double".into(),
        inputs: vec![from],
        build: &|graph, x| {
            let y = graph.leaky_relu(x[0]);
            let large = graph.resample(y, up.clone());
            let part = graph.crop(large, 1, 2, 3, 4);
            graph.concat(&[y, part, y])
        },
        slow: &|p| {
            let y = slow::leaky_relu(&p[0]);
            let large = slow::resample(&up, 2, &y);
            let part = slow::crop(Shape::new(2, 6, 8), [1, 2, 3, 4], &large);
            [y.clone(), part, y].concat()
        },
    }
    .judge();
}

#[test]
fn total_variation_matches_loop() {
    for (height, width) in [(5, 7), (2, 2), (1, 4), (3, 1), (1, 1)] {
        let shape = Shape::new(2, height, width);
        Case {
            name: format!("total variation of {shape:?}"),
            inputs: vec![shape],
            build: &|graph, x| graph.total_variation(x[0]),
            slow: &|p| vec![slow::total_variation(shape, &p[0])],
        }
        .judge();
    }
}

#[test]
fn weighted_sum_matches_loop() {
    let shape = Shape::new(2, 3, 4);
    Case {
        name: "weighted sum".into(),
        inputs: vec![shape, shape],
        build: &|graph, x| {
            let terms = [graph.total_variation(x[0]), graph.total_variation(x[1])];
            graph.weighted_sum(&[(terms[0], 0.5), (terms[1], -2.0), (terms[0], 0.25)])
        },
        slow: &|p| {
            let [a, b] = [0, 1].map(|index| slow::total_variation(shape, &p[index]));
            vec![0.75 * a - 2.0 * b]
        },
    }
    .judge();
}

/// A reader that came after a leaky ReLU of the same value was given the leaky ReLU's output.
#[test]
fn a_value_that_is_read_beside_its_leaky_relu_stays_as_it_is() {
    Case {
        name: "a picture and its leaky ReLU".into(),
        inputs: vec![Shape::new(3, 5, 7)],
        build: &|graph, x| {
            let leaky = graph.leaky_relu(x[0]);
            graph.weighted_sum(&[(leaky, 1.0), (x[0], 2.0)])
        },
        slow: &|p| slow::leaky_relu(&p[0]).iter().zip(&p[0]).map(|(leaky, x)| leaky + 2.0 * x).collect(),
    }
    .judge();
}

#[test]
fn a_value_that_is_read_beside_its_norm_stays_as_it_is() {
    Case {
        name: "a picture and its norm".into(),
        inputs: vec![Shape::new(3, 5, 7)],
        build: &|graph, x| {
            let normed = graph.batch_norm(x[0], "norm");
            graph.weighted_sum(&[(normed, 1.0), (x[0], 2.0)])
        },
        slow: &|p| {
            let normed = slow::batch_norm(&p[0], &p[1], &p[2]);
            normed.iter().zip(&p[0]).map(|(normed, x)| normed + 2.0 * x).collect()
        },
    }
    .judge();
}
