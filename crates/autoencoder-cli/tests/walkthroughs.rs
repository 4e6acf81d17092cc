//! The walk-throughs of the book: every command of theirs, in order, in a folder with the data that they speak of.

mod place;

use image::{GrayImage, Luma};
use place::Place;

/// The commands of a page: the lines of its `sh` blocks, without `ae`.
fn commands(page: &str) -> Vec<Vec<&str>> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines);
    lines.map(|line| line.split_whitespace().skip_while(|word| *word == "ae").collect()).collect()
}

fn follow(place: &Place, page: &str) {
    let commands = commands(page);
    assert!(commands.len() >= 4);
    for command in commands {
        place.done(&command);
    }
}

/// Readings that hang together; each that `is_odd` vibrates three times as much. Some cells are empty.
fn readings(rows: usize, is_odd: impl Fn(usize) -> bool) -> String {
    let wave = |row: usize, step: f32| (row as f32 * step).sin();
    let mut text = "time,temperature,humidity,power,vibration\n".to_owned();
    for row in 0..rows {
        let temperature = 20.0 + 5.0 * wave(row, 0.7) + wave(row, 1.9);
        let humidity =
            if row % 23 == 5 { String::new() } else { format!("{}", 60.0 - temperature + wave(row, 2.3)) };
        let power = 2.0 * temperature + wave(row, 3.1);
        let vibration = (3.0 + 0.2 * wave(row, 5.3)) * if is_odd(row) { 3.0 } else { 1.0 };
        text += &format!("{row},{temperature},{humidity},{power},{vibration}\n");
    }
    text
}

fn with_readings() -> Place {
    let place = Place::new();
    let is_odd = |row: usize| row % 50 == 7;
    let known: String = (0..200).map(|row| format!("{}\n", u8::from(is_odd(row)))).collect();
    let files =
        [("normal.csv", readings(600, |_| false)), ("new.csv", readings(200, is_odd)), ("known.csv", known)];
    for (name, text) in files {
        std::fs::write(place.path(name), text).expect("written");
    }
    place
}

#[test]
fn odd_rows_are_found_and_explained_as_the_book_says() {
    let place = with_readings();
    follow(&place, include_str!("../../../docs/walkthroughs/odd-rows.md"));
    let scored = place.document(&["score", "runs/machine", "new.csv", "--labels", "known.csv", "--json"]);
    let worst: Vec<u64> = (0..4).filter_map(|index| scored["worst"][index]["row"].as_u64()).collect();
    assert!(worst.len() == 4 && worst.iter().all(|row| row % 50 == 7), "{scored}");
    let scores = place.done(&[
        "score",
        "runs/machine",
        "new.csv",
        "-o",
        "scores.csv",
        "--explain",
        "--contamination",
        "0.02",
    ]);
    assert!(scores.contains("4 of 200"), "{scores}");
    let text = std::fs::read_to_string(place.path("scores.csv")).expect("a file");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let odd: Vec<f64> =
        lines.nth(7).expect("row 7").split(',').filter_map(|cell| cell.parse().ok()).collect();
    let share = |column: &str| odd[header.iter().position(|name| *name == column).expect("a column")];
    assert!(share("share of vibration") > 0.5, "{odd:?}");
    assert!(place.path("runs/machine/report.html").is_file());
}

#[test]
fn pictures_are_cleaned_as_the_book_says() {
    let place = Place::new();
    std::fs::create_dir(place.path("pictures")).expect("a folder");
    for number in 0..120_u32 {
        let (x, y, radius) = (4 + number % 8, 4 + number / 8 % 8, 9 + number % 5);
        let disc =
            |i: u32, j: u32| if i.abs_diff(x).pow(2) + j.abs_diff(y).pow(2) < radius { 230 } else { 20 };
        let picture = GrayImage::from_fn(16, 16, |i, j| Luma([disc(i, j)]));
        picture.save(place.path(&format!("pictures/{number:03}.png"))).expect("written");
    }
    follow(&place, include_str!("../../../docs/walkthroughs/clean-pictures.md"));
    let cleaned = image::open(place.path("cleaned/007.png")).expect("a picture").to_luma8();
    assert_eq!(cleaned.dimensions(), (16, 16));
    assert!(cleaned.pixels().any(|pixel| pixel.0[0] > 60), "it is empty");
}

#[test]
fn codes_are_written_for_others_as_the_book_says() {
    let place = with_readings();
    follow(&place, include_str!("../../../docs/walkthroughs/codes.md"));
    for file in ["codes.csv", "codes.npy", "encoder.onnx", "encoder.safetensors", "encoder.py"] {
        assert!(place.path(file).is_file(), "{file}");
    }
    let (codes, encoder) = (place::numbers(&place.path("codes.npy")), place.path("encoder.onnx"));
    assert!(codes.len() == 600 && codes.iter().all(|code| code.is_finite()));
    assert!(std::fs::metadata(encoder).expect("a file").len() > 100);
}
