//! The fit as data: network, forward operator and loss as one list of ops with shapes and parameters.
//! No tensor and no device: an executor runs it, and nothing after this point knows what a task or a
//! network is.

mod builder;
mod complete;
mod constant;
mod hiding;
mod id;
mod init;
mod matrix;
mod node;
mod op;
mod padding;
mod parameter;
mod reach;
mod resample;
mod shape;

pub use builder::{GraphBuilder, Outputs};
pub use complete::Graph;
pub use constant::Constant;
pub use hiding::{Hiding, HoleCopy, MOST_COPIES, kept};
pub use id::{ConstantId, NodeId, ParameterId};
pub use init::Init;
pub use matrix::SparseMatrix;
pub use node::Node;
pub use op::{LEAKY_SLOPE, NORM_EPSILON, Op, TV_EPSILON};
pub use padding::Padding;
pub use parameter::{Parameter, Update};
pub use resample::Resample;
pub use shape::Shape;
