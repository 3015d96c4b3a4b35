//! A sparse matrix: one direction of a separable filter, with whatever it does at the borders.

/// A sparse matrix in compressed rows: for each output, the inputs that it reads and their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseMatrix {
    columns: usize,
    /// Start of each row in `entries`, and the end of the last.
    offsets: Vec<usize>,
    /// Column and weight.
    entries: Vec<(usize, f32)>,
}

impl SparseMatrix {
    /// Makes a matrix of which `row(i)` lists the entries of output i; entries of one column are added up.
    pub fn new(rows: usize, columns: usize, mut row: impl FnMut(usize) -> Vec<(usize, f32)>) -> Self {
        let mut matrix = SparseMatrix { columns, offsets: vec![0], entries: Vec::new() };
        for i in 0..rows {
            let mut entries = row(i);
            entries.sort_by_key(|entry| entry.0);
            for (column, weight) in entries {
                debug_assert!(column < columns);
                let is_first = matrix.entries.len() == matrix.offsets[i];
                match matrix.entries.last_mut() {
                    Some(last) if !is_first && last.0 == column => last.1 += weight,
                    _ => matrix.entries.push((column, weight)),
                }
            }
            matrix.offsets.push(matrix.entries.len());
        }
        matrix
    }

    /// Number of outputs.
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Column and weight of each entry of a row, by column.
    pub fn row(&self, row: usize) -> &[(usize, f32)] {
        &self.entries[self.offsets[row]..self.offsets[row + 1]]
    }

    /// Makes the transposed matrix, which is that of the gradient.
    pub fn transposed(&self) -> SparseMatrix {
        let mut rows = vec![Vec::new(); self.columns];
        for i in 0..self.rows() {
            for &(column, weight) in self.row(i) {
                rows[column].push((i, weight));
            }
        }
        SparseMatrix::new(self.columns, self.rows(), |j| std::mem::take(&mut rows[j]))
    }

    /// Writes all weights out, row after row.
    pub fn dense(&self) -> Vec<f32> {
        let mut dense = vec![0.0; self.rows() * self.columns];
        for i in 0..self.rows() {
            for &(column, weight) in self.row(i) {
                dense[i * self.columns + column] = weight;
            }
        }
        dense
    }
}
