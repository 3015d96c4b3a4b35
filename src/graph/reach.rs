//! Which nodes the loss can be changed through.

use super::{Graph, Op, ParameterId};

impl Op {
    /// The parameters that it reads.
    pub fn parameters(&self) -> Vec<ParameterId> {
        match self {
            Op::Parameter(id) => vec![*id],
            Op::Conv { weight, bias, .. } => vec![*weight, *bias],
            Op::BatchNorm { scale, shift } => vec![*scale, *shift],
            Op::Constant(_) | Op::AddNoise { .. } | Op::LeakyRelu | Op::Sigmoid | Op::Resample(_) => vec![],
            Op::Crop { .. } | Op::Mix { .. } | Op::Concat | Op::Hide { .. } | Op::Fill => vec![],
            Op::DataTerm | Op::TotalVariation | Op::WeightedSum { .. } => vec![],
        }
    }

    /// Whether a gradient passes from the op to its input of this index.
    pub fn passes_gradient(&self, input: usize) -> bool {
        match self {
            Op::Constant(_) | Op::Parameter(_) | Op::Hide { .. } | Op::Fill => false,
            // The others are the noise's level, the degraded picture and its weight.
            Op::AddNoise { .. } | Op::DataTerm => input == 0,
            Op::Conv { .. } | Op::BatchNorm { .. } | Op::LeakyRelu | Op::Sigmoid | Op::Resample(_) => true,
            Op::Crop { .. } | Op::Mix { .. } | Op::Concat | Op::TotalVariation | Op::WeightedSum { .. } => true,
        }
    }
}

impl Graph {
    /// For each node whether the loss may change with a parameter through it: only such a value needs a gradient.
    pub fn gradient_nodes(&self) -> Vec<bool> {
        let leads = self.leading_to_loss();
        let mut moves = vec![false; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            let mut inputs = node.inputs.iter().enumerate();
            let is_moved = inputs.any(|(position, input)| node.op.passes_gradient(position) && moves[input.0]);
            moves[index] = is_moved || !node.op.parameters().is_empty();
        }
        leads.into_iter().zip(moves).map(|(leads, moves)| leads && moves).collect()
    }

    /// For each node whether a gradient of the loss reaches it.
    fn leading_to_loss(&self) -> Vec<bool> {
        let mut leads = vec![false; self.nodes.len()];
        leads[self.loss.0] = true;
        for (index, node) in self.nodes.iter().enumerate().rev() {
            for (position, input) in node.inputs.iter().enumerate() {
                leads[input.0] |= leads[index] && node.op.passes_gradient(position);
            }
        }
        leads
    }
}
