//! Which nodes the loss can be changed through.

use super::Graph;

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
