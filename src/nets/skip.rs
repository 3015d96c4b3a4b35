//! The encoder-decoder with skip connections of arXiv 1711.10925 (supplement, figure 21), in full generality. Names and
//! order of the parameters are those of the PyTorch version that wrote the parity vectors.

use crate::graph::{GraphBuilder, NodeId, Padding, Resample, Shape};

/// How a scale halves its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halve {
    /// Its first convolution has stride 2.
    Stride,
    /// It takes the mean of 2x2 after the first convolution.
    Average,
}

/// How a scale doubles what comes up from the scale below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upsample {
    Nearest,
    Bilinear,
}

/// One scale of the network; the first one has full resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetScale {
    /// The number of channels on the way down.
    pub down: usize,
    /// The number of channels on the way up.
    pub up: usize,
    /// The number of channels of the skip connection; 0 where there is none.
    pub skip: usize,
    /// The side of the kernels on the way down, which is odd.
    pub kernel_down: usize,
    /// The side of the kernel behind the up-sampling, which is odd.
    pub kernel_up: usize,
    pub upsample: Upsample,
}

/// An encoder-decoder with skip connections, whose output is a 1x1 convolution and a sigmoid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipNet {
    pub scales: Vec<NetScale>,
    pub halve: Halve,
    /// Whether each scale ends with a further convolution, of 1x1.
    pub has_up_1x1: bool,
    pub padding: Padding,
    /// The number of channels of the restored picture.
    pub outputs: usize,
}

impl SkipNet {
    /// Gives the number that both sides of the input should be multiples of; else the decoder crops.
    pub fn multiple(&self) -> usize {
        1 << self.scales.len()
    }

    /// Appends the network on the input z; returns the restored picture x, of z's size where that is a multiple of
    /// [`SkipNet::multiple`].
    pub fn append(&self, graph: &mut GraphBuilder, z: NodeId) -> NodeId {
        let body = self.append_scale(graph, z, 0, "body");
        let last = graph.conv(body, "last", self.outputs, 1, 1, self.padding);
        graph.sigmoid(last)
    }

    fn append_scale(&self, graph: &mut GraphBuilder, x: NodeId, level: usize, name: &str) -> NodeId {
        let scale = &self.scales[level];
        let skip = (scale.skip > 0).then(|| self.conv_block(graph, x, &format!("{name}.skip"), scale.skip, 1));
        let halved = self.halved(graph, x, &format!("{name}.down1"), scale);
        let mut deep = self.conv_block(graph, halved, &format!("{name}.down2"), scale.down, scale.kernel_down);
        if level + 1 < self.scales.len() {
            deep = self.append_scale(graph, deep, level + 1, &format!("{name}.inner"));
        }
        let Shape { height, width, .. } = graph.shape(deep);
        let resample = match scale.upsample {
            Upsample::Nearest => Resample::up_nearest(height, width),
            Upsample::Bilinear => Resample::up_bilinear(height, width),
        };
        deep = graph.resample(deep, resample);
        let joined = match skip {
            Some(skip) => concat_middles(graph, skip, deep),
            None => deep,
        };
        let normed = graph.batch_norm(joined, &format!("{name}.norm"));
        let up = self.conv_block(graph, normed, &format!("{name}.up1"), scale.up, scale.kernel_up);
        if self.has_up_1x1 { self.conv_block(graph, up, &format!("{name}.up2"), scale.up, 1) } else { up }
    }

    /// Appends a convolution, a norm and a leaky ReLU.
    fn conv_block(&self, graph: &mut GraphBuilder, x: NodeId, name: &str, outputs: usize, kernel: usize) -> NodeId {
        let y = graph.conv(x, &format!("{name}.conv"), outputs, kernel, 1, self.padding);
        norm_and_relu(graph, y, name)
    }

    fn halved(&self, graph: &mut GraphBuilder, x: NodeId, name: &str, scale: &NetScale) -> NodeId {
        let conv = format!("{name}.conv");
        let y = match self.halve {
            Halve::Stride => graph.conv(x, &conv, scale.down, scale.kernel_down, 2, self.padding),
            Halve::Average => {
                let y = graph.conv(x, &conv, scale.down, scale.kernel_down, 1, self.padding);
                let Shape { height, width, .. } = graph.shape(y);
                graph.resample(y, Resample::down_average(height, width))
            }
        };
        norm_and_relu(graph, y, name)
    }
}

fn norm_and_relu(graph: &mut GraphBuilder, y: NodeId, name: &str) -> NodeId {
    let normed = graph.batch_norm(y, &format!("{name}.norm"));
    graph.leaky_relu(normed)
}

/// Joins both values, the skip connection's channels first, each cropped to the middle that they share.
fn concat_middles(graph: &mut GraphBuilder, skip: NodeId, deep: NodeId) -> NodeId {
    let (a, b) = (graph.shape(skip), graph.shape(deep));
    let (height, width) = (a.height.min(b.height), a.width.min(b.width));
    let middle = |graph: &mut GraphBuilder, x: NodeId, from: Shape| {
        graph.crop(x, (from.height - height) / 2, (from.width - width) / 2, height, width)
    };
    let skip = middle(graph, skip, a);
    let deep = middle(graph, deep, b);
    graph.concat(&[skip, deep])
}
