//! Draws a grid of strokes: `cargo run --release -p autoencoder-datasets --example strokes_grid -- out.png`.

use autoencoder_core::Seed;
use autoencoder_datasets::{DataFolder, Wanted, open};

const SIDE: u32 = 28;
const ACROSS: u32 = 16;
const DOWN: u32 = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give the PNG file to write")?;
    let name = std::env::args().nth(2).unwrap_or_else(|| "strokes".to_owned());
    let wanted = Wanted { examples: Some(1000), ..Wanted::all(&name, Seed::new(7)) };
    let set = open(wanted, &DataFolder::new(None))?;
    let mut picture = image::GrayImage::new(ACROSS * SIDE, DOWN * SIDE);
    let mut example = vec![0.0; (SIDE * SIDE) as usize];
    for index in 0..ACROSS * DOWN {
        set.train.rows(&[index as usize], &mut example)?;
        let (left, top) = (index % ACROSS * SIDE, index / ACROSS * SIDE);
        for (pixel, &value) in (0..).zip(&example) {
            picture.put_pixel(left + pixel % SIDE, top + pixel / SIDE, image::Luma([value as u8]));
        }
    }
    let scale = 3;
    image::imageops::resize(
        &picture,
        ACROSS * SIDE * scale,
        DOWN * SIDE * scale,
        image::imageops::FilterType::Nearest,
    )
    .save(path)?;
    Ok(())
}
