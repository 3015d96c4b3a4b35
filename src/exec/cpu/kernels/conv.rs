//! Convolution, forward and backward, on padded and blocked inputs.
