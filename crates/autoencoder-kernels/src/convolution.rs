//! Convolutions and transposed convolutions of images, with their gradients. On the CPU backend each block of
//! examples is put through as patches and one matrix product an example, and the patches never leave the cache.

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::blocks::for_each;
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, lifted, primitive, tracked, untracked};
use crate::patches::Patches;
use crate::product::{Into, Matrix, product};

/// How the kernel moves over the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Pixels from one place to the next.
    pub stride: usize,
    /// Rows and columns of zeros on each side.
    pub padding: usize,
}

/// Which way the map goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From an image to a number for each place: a convolution, its weight `[outputs, inputs, kernel, kernel]`.
    Forth,
    /// From a number for each place to an image: a transposed convolution, its weight `[inputs, outputs, kernel,
    /// kernel]`, with as many rows and columns added at the end.
    Back([usize; 2]),
}

/// The most blocks a batch is cut into.
const BLOCKS: usize = 8;

/// A convolution or a transposed one with bias `[outputs]`: `[batch, channels, height, width]` in and out.
pub fn convolution(x: Tensor<4>, w: Tensor<4>, b: Tensor<1>, grid: Grid, direction: Direction) -> Tensor<4> {
    if !(is_fast(&x) && is_fast(&w) && is_fast(&b)) {
        return composed(x, w, b, grid, direction);
    }
    let [batch, ..] = x.dims();
    let patches = patches(x.dims(), w.dims(), grid, direction);
    let filters = w.dims()[0];
    let layer = |x, w| Layer { x, w, patches, filters, batch, direction };
    if !(x.device().is_autodiff() || w.device().is_autodiff() || b.device().is_autodiff()) {
        let y = layer(untracked(x), untracked(w)).forward(&untracked(b));
        return Tensor::from_primitive::<Flex>(y);
    }
    let copies = (x.clone(), w.clone(), b.clone());
    match (tracked(lifted(x)), tracked(lifted(w)), tracked(lifted(b))) {
        (Some(x), Some(w), Some(b)) => {
            let needs = [x.is_tracked(), w.is_tracked() || b.is_tracked()];
            let (x, x_node) = x.into_parts();
            let (w, w_node) = w.into_parts();
            let (b, b_node) = b.into_parts();
            let layer = layer(contiguous(x), contiguous(w));
            let y = layer.forward(&contiguous(b));
            let nodes = [x_node, w_node, b_node];
            let prepared = ConvolutionBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful();
            from_tracked(match prepared {
                OpsKind::Tracked(prep) => prep.finish((layer, needs), y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            })
        }
        _ => composed(copies.0, copies.1, copies.2, grid, direction),
    }
}

/// The same of Burn's own operations, which every backend has.
pub fn composed(x: Tensor<4>, w: Tensor<4>, b: Tensor<1>, grid: Grid, direction: Direction) -> Tensor<4> {
    let Grid { stride, padding } = grid;
    match direction {
        Direction::Forth => conv2d(x, w, Some(b), ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1)),
        Direction::Back(added) => {
            let options = ConvTransposeOptions::new([stride; 2], [padding; 2], added, [1, 1], 1);
            conv_transpose2d(x, w, Some(b), options)
        }
    }
}

/// The patches of the image, which goes in or comes out.
fn patches(x: [usize; 4], w: [usize; 4], grid: Grid, direction: Direction) -> Patches {
    let ([_, inputs, height, width], [_, _, kernel, _]) = (x, w);
    let Grid { stride, padding } = grid;
    match direction {
        Direction::Forth => {
            assert_eq!(inputs, w[1], "the channels of an image and of a kernel");
            let places = |extent: usize| (extent + 2 * padding).saturating_sub(kernel) / stride + 1;
            let (rows, columns) = (places(height), places(width));
            Patches { channels: inputs, height, width, kernel, stride, padding, rows, columns }
        }
        Direction::Back([down, right]) => {
            assert_eq!(inputs, w[0], "the channels of places and of a kernel");
            let extent = |places: usize, added: usize| (places - 1) * stride + kernel + added - 2 * padding;
            Patches {
                channels: w[1],
                height: extent(height, down),
                width: extent(width, right),
                kernel,
                stride,
                padding,
                rows: height,
                columns: width,
            }
        }
    }
}

/// What a convolution computes with, contiguous.
#[derive(Clone, Debug)]
struct Layer {
    x: Primitive,
    w: Primitive,
    patches: Patches,
    /// The numbers at each place.
    filters: usize,
    batch: usize,
    direction: Direction,
}

/// What a block of examples adds to the gradients of the parameters.
struct Parts {
    w: Vec<f32>,
    b: Vec<f32>,
}

impl Layer {
    /// `[filters, values of a patch]`.
    fn w(&self) -> Matrix<'_> {
        Matrix::new(self.w.storage(), self.filters, self.patches.size())
    }

    /// The numbers of all places of one example.
    fn at_places(&self) -> usize {
        self.filters * self.patches.places()
    }

    fn is_forth(&self) -> bool {
        self.direction == Direction::Forth
    }

    /// The values of one example on its way in, and on its way out.
    fn sizes(&self) -> [usize; 2] {
        let (image, places) = (self.patches.image(), self.at_places());
        if self.is_forth() { [image, places] } else { [places, image] }
    }

    /// The channels that come out, and the values of each.
    fn out(&self) -> [usize; 2] {
        if self.is_forth() {
            [self.filters, self.patches.places()]
        } else {
            [self.patches.channels, self.patches.height * self.patches.width]
        }
    }

    fn examples_of_block(&self) -> usize {
        self.batch.div_ceil(BLOCKS).max(1)
    }

    fn columns(&self) -> Vec<f32> {
        vec![0.0; self.patches.size() * self.patches.places()]
    }

    /// `to = W patches`, or that added to what is there.
    fn analyse(&self, patches: &[f32], to: &mut [f32], into: Into) {
        product(to, into, self.w(), Matrix::new(patches, self.patches.size(), self.patches.places()));
    }

    /// Adds to the image what the numbers at its places make of it; `columns` is room to work in.
    fn synthesise(&self, places: &[f32], columns: &mut [f32], image: &mut [f32]) {
        let places = Matrix::new(places, self.filters, self.patches.places());
        product(columns, Into::Replace, self.w().transpose(), places);
        self.patches.scatter(columns, image);
    }

    fn forward(&self, b: &Primitive) -> Primitive {
        let ([size_in, size_out], [channels, values]) = (self.sizes(), self.out());
        let (x, bias) = (self.x.storage::<f32>(), b.storage::<f32>());
        let mut y = vec![0.0; self.batch * size_out];
        let count = self.examples_of_block();
        let blocks =
            y.chunks_mut((count * size_out).max(1)).zip(x.chunks((count * size_in).max(1))).collect();
        for_each(blocks, |(y, x): (&mut [f32], &[f32])| {
            let mut columns = self.columns();
            for (y, x) in y.chunks_exact_mut(size_out).zip(x.chunks_exact(size_in)) {
                for (channel, &bias) in y.chunks_exact_mut(values).zip(bias) {
                    channel.fill(bias);
                }
                if self.is_forth() {
                    self.patches.gather(x, &mut columns);
                    self.analyse(&columns, y, Into::Add);
                } else {
                    self.synthesise(x, &mut columns, y);
                }
            }
        });
        let [height, width] = if self.is_forth() {
            [self.patches.rows, self.patches.columns]
        } else {
            [self.patches.height, self.patches.width]
        };
        primitive(y, [self.batch, channels, height, width])
    }

    /// The gradients of `x`, `w` and `b`, each where it is needed.
    fn backward(
        &self,
        gradient: &Primitive,
        [needs_x, needs_parameters]: [bool; 2],
    ) -> [Option<Primitive>; 3] {
        let [size_in, size_out] = self.sizes();
        let count = self.examples_of_block();
        let (x, g) = (self.x.storage::<f32>(), gradient.storage::<f32>());
        let mut of_x = vec![0.0; if needs_x { x.len() } else { 0 }];
        let mut to_x = of_x.chunks_mut((count * size_in).max(1));
        let blocks: Vec<_> = x
            .chunks((count * size_in).max(1))
            .zip(g.chunks((count * size_out).max(1)))
            .map(|(x, g)| (x, g, to_x.next()))
            .collect();
        let mut parts: Vec<Option<Parts>> = blocks.iter().map(|_| None).collect();
        let tasks = blocks.into_iter().zip(&mut parts).collect();
        for_each(tasks, |((x, g, to_x), part)| *part = Some(self.block(x, g, to_x, needs_parameters)));
        // In order, so that the sum does not depend on who was first.
        let sum = parts.into_iter().flatten().reduce(|mut sum, part| {
            add(&mut sum.w, &part.w);
            add(&mut sum.b, &part.b);
            sum
        });
        let shape = |primitive: &Primitive| -> [usize; 4] {
            let shape = primitive.layout().shape();
            [shape[0], shape[1], shape[2], shape[3]]
        };
        let (of_w, of_b) = match sum.filter(|_| needs_parameters) {
            Some(Parts { w, b }) => {
                let outputs = b.len();
                (Some(primitive(w, shape(&self.w))), Some(primitive(b, [outputs])))
            }
            None => (None, None),
        };
        [needs_x.then(|| primitive(of_x, shape(&self.x))), of_w, of_b]
    }

    fn block(&self, x: &[f32], g: &[f32], mut to_x: Option<&mut [f32]>, needs_parameters: bool) -> Parts {
        let ([size_in, size_out], [channels, values]) = (self.sizes(), self.out());
        let mut parts = Parts { w: vec![0.0; self.filters * self.patches.size()], b: vec![0.0; channels] };
        let (mut columns, mut room) = (self.columns(), self.columns());
        for (index, (x, g)) in x.chunks_exact(size_in).zip(g.chunks_exact(size_out)).enumerate() {
            let (image, places) = if self.is_forth() { (x, g) } else { (g, x) };
            let to_x = to_x.as_mut().map(|to_x| &mut to_x[index * size_in..(index + 1) * size_in]);
            if needs_parameters || !self.is_forth() {
                self.patches.gather(image, &mut columns);
            }
            if needs_parameters {
                let places = Matrix::new(places, self.filters, self.patches.places());
                let patches = Matrix::new(&columns, self.patches.size(), self.patches.places());
                product(&mut parts.w, Into::Add, places, patches.transpose());
                for (sum, channel) in parts.b.iter_mut().zip(g.chunks_exact(values)) {
                    *sum += channel.iter().sum::<f32>();
                }
            }
            match to_x {
                Some(to_x) if self.is_forth() => self.synthesise(places, &mut room, to_x),
                Some(to_x) => self.analyse(&columns, to_x, Into::Replace),
                None => {}
            }
        }
        parts
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

#[derive(Debug)]
struct ConvolutionBackward;

impl Backward<Flex, 3> for ConvolutionBackward {
    /// The layer, and whether its input and its parameters need gradients.
    type State = (Layer, [bool; 2]);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (layer, needs) = ops.state;
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        for (parent, gradient) in ops.parents.into_iter().zip(layer.backward(&gradient, needs)) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}
