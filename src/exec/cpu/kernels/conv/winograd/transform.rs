//! The transforms of Winograd's F(4x4, 3x3) (Lavin and Gray, arXiv 1509.09308) with the points 0,
//! +-5/8, +-3/2 and infinity. Their constants are exact in f32, and rounding errs 2.2 times less than
//! with the usual 0, +-1, +-2; nearby pairs are no better.

use crate::exec::cpu::kernels::conv::lanes::Lanes;

/// The number of outputs of a tile along a side.
pub const TILE: usize = 4;
/// The number of inputs of a tile along a side.
pub const REACH: usize = 6;
/// The number of products of a tile.
pub const POINTS: usize = REACH * REACH;

// The points are +-P and +-Q.
const P: f32 = 0.625;
const Q: f32 = 1.5;
const PP: f32 = P * P;
const QQ: f32 = Q * Q;

/// A linear map of a line of `FROM` vectors.
pub trait Transform<V: Lanes, const FROM: usize, const TO: usize> {
    /// Maps a line.
    ///
    /// # Safety
    /// It uses the instructions of `V`, which the machine must have: see [`Lanes`].
    unsafe fn line(from: [V; FROM]) -> [V; TO];
}

/// Maps a square in both directions, columns first.
///
/// # Safety
/// It uses the instructions of `V`, which the machine must have: see [`Lanes`].
#[allow(clippy::needless_range_loop)] // Indices are registers here.
#[inline(always)]
pub unsafe fn square<V: Lanes, T: Transform<V, FROM, TO>, const FROM: usize, const TO: usize>(
    from: &[[V; FROM]; FROM],
) -> [[V; TO]; TO] {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        let mut half = [[zero; FROM]; TO];
        for x in 0..FROM {
            let mut column = [zero; FROM];
            for y in 0..FROM {
                column[y] = from[y][x];
            }
            let column = T::line(column);
            for y in 0..TO {
                half[y][x] = column[y];
            }
        }
        let mut to = [[zero; TO]; TO];
        for y in 0..TO {
            to[y] = T::line(half[y]);
        }
        to
    }
}

/// The transform of the input, `B^T d`.
pub struct InputTransform;

impl<V: Lanes> Transform<V, REACH, REACH> for InputTransform {
    #[inline(always)]
    unsafe fn line(d: [V; REACH]) -> [V; REACH] {
        // SAFETY: the caller's promise.
        unsafe {
            let (product, sum) = (V::splat(PP * QQ), V::splat(PP + QQ));
            let even_p = d[4].sub_product(V::splat(QQ), d[2]);
            let odd_p = d[3].sub_product(V::splat(QQ), d[1]);
            let even_q = d[4].sub_product(V::splat(PP), d[2]);
            let odd_q = d[3].sub_product(V::splat(PP), d[1]);
            [
                d[4].sub_product(sum, d[2]).add_product(product, d[0]),
                even_p.add_product(V::splat(P), odd_p),
                even_p.sub_product(V::splat(P), odd_p),
                even_q.add_product(V::splat(Q), odd_q),
                even_q.sub_product(V::splat(Q), odd_q),
                d[5].sub_product(sum, d[3]).add_product(product, d[1]),
            ]
        }
    }
}

/// The adjoint of the input's transform, `B v`.
pub struct InputAdjoint;

impl<V: Lanes> Transform<V, REACH, REACH> for InputAdjoint {
    #[inline(always)]
    unsafe fn line(v: [V; REACH]) -> [V; REACH] {
        // SAFETY: the caller's promise.
        unsafe {
            let (product, sum) = (V::splat(PP * QQ), V::splat(PP + QQ));
            let (even_p, odd_p) = (v[1].add(v[2]), v[1].sub(v[2]));
            let (even_q, odd_q) = (v[3].add(v[4]), v[3].sub(v[4]));
            let first = product.mul(v[5]).sub_product(V::splat(P * QQ), odd_p);
            let second = sum.mul(v[0]).add_product(V::splat(QQ), even_p).add_product(V::splat(PP), even_q);
            let third = V::splat(P).mul(odd_p).add_product(V::splat(Q), odd_q);
            [
                product.mul(v[0]),
                first.sub_product(V::splat(Q * PP), odd_q),
                V::splat(0.0).sub(second),
                third.sub_product(sum, v[5]),
                v[0].add(even_p).add(even_q),
                v[5],
            ]
        }
    }
}

/// The transform to the output, `A^T m`.
pub struct OutputTransform;

impl<V: Lanes> Transform<V, REACH, TILE> for OutputTransform {
    #[inline(always)]
    unsafe fn line(m: [V; REACH]) -> [V; TILE] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_p, odd_p) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (even_q, odd_q) = (m[3].add(m[4]), m[3].sub(m[4]));
            [
                m[0].add(even_p).add(even_q),
                V::splat(P).mul(odd_p).add_product(V::splat(Q), odd_q),
                V::splat(PP).mul(even_p).add_product(V::splat(QQ), even_q),
                m[5].add_product(V::splat(P * PP), odd_p).add_product(V::splat(Q * QQ), odd_q),
            ]
        }
    }
}

/// The adjoint of the output's transform, `A y`.
pub struct OutputAdjoint;

impl<V: Lanes> Transform<V, TILE, REACH> for OutputAdjoint {
    #[inline(always)]
    unsafe fn line(y: [V; TILE]) -> [V; REACH] {
        // SAFETY: the caller's promise.
        unsafe {
            let even_p = y[0].add_product(V::splat(PP), y[2]);
            let odd_p = y[1].add_product(V::splat(PP), y[3]);
            let even_q = y[0].add_product(V::splat(QQ), y[2]);
            let odd_q = y[1].add_product(V::splat(QQ), y[3]);
            [
                y[0],
                even_p.add_product(V::splat(P), odd_p),
                even_p.sub_product(V::splat(P), odd_p),
                even_q.add_product(V::splat(Q), odd_q),
                even_q.sub_product(V::splat(Q), odd_q),
                y[3],
            ]
        }
    }
}

// The inverse of the product of a point's differences from all others, for 0, P and Q.
const AT_0: f32 = 1.0 / (PP * QQ);
const AT_P: f32 = 1.0 / (2.0 * PP * (PP - QQ));
const AT_Q: f32 = 1.0 / (2.0 * QQ * (QQ - PP));

/// The transform of the weights, `G g`.
pub struct WeightTransform;

impl<V: Lanes> Transform<V, 3, REACH> for WeightTransform {
    #[inline(always)]
    unsafe fn line(g: [V; 3]) -> [V; REACH] {
        // SAFETY: the caller's promise.
        unsafe {
            let even_p = V::splat(AT_P).mul(g[0]).add_product(V::splat(AT_P * PP), g[2]);
            let even_q = V::splat(AT_Q).mul(g[0]).add_product(V::splat(AT_Q * QQ), g[2]);
            [
                V::splat(AT_0).mul(g[0]),
                even_p.add_product(V::splat(AT_P * P), g[1]),
                even_p.sub_product(V::splat(AT_P * P), g[1]),
                even_q.add_product(V::splat(AT_Q * Q), g[1]),
                even_q.sub_product(V::splat(AT_Q * Q), g[1]),
                g[2],
            ]
        }
    }
}

/// The adjoint of the weights' transform, `G^T u`.
pub struct WeightAdjoint;

impl<V: Lanes> Transform<V, REACH, 3> for WeightAdjoint {
    #[inline(always)]
    unsafe fn line(u: [V; REACH]) -> [V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_p, odd_p) = (u[1].add(u[2]), u[1].sub(u[2]));
            let (even_q, odd_q) = (u[3].add(u[4]), u[3].sub(u[4]));
            let first = V::splat(AT_0).mul(u[0]).add_product(V::splat(AT_P), even_p);
            [
                first.add_product(V::splat(AT_Q), even_q),
                V::splat(AT_P * P).mul(odd_p).add_product(V::splat(AT_Q * Q), odd_q),
                u[5].add_product(V::splat(AT_P * PP), even_p).add_product(V::splat(AT_Q * QQ), even_q),
            ]
        }
    }
}
