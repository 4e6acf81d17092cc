//! Pictures, archives and tables by columns: in by their content, out by their ending.

mod place;

use std::path::Path;

use image::{GrayImage, Luma, RgbImage};
use place::{Place, numbers};

/// Twelve pictures in two classes, of which one is coloured where asked for.
fn pictures(folder: &Path, colour: bool) {
    for class in ["a", "b"] {
        std::fs::create_dir_all(folder.join(class)).expect("a folder");
        for index in 0..6_u32 {
            let picture = GrayImage::from_fn(8, 6, |x, y| Luma([(x * 30 + y * index * 5) as u8]));
            picture.save(folder.join(class).join(format!("{index}.png"))).expect("written");
        }
    }
    if colour {
        RgbImage::from_pixel(8, 6, image::Rgb([200, 10, 10])).save(folder.join("a/0.png")).expect("written");
    }
}

#[test]
fn a_folder_of_pictures_trains_and_comes_back_as_pictures() {
    let place = Place::new();
    pictures(&place.path("grey"), false);
    let words = ["--data", "grey", "--set", "model.code=2", "--epochs", "2", "--run", "run"];
    place.done(&[&["train"][..], &words].concat());
    let shown = place.document(&["data", "show", "grey", "--json"]);
    assert_eq!((shown["features"].as_u64(), shown["labelled"].as_bool()), (Some(48), Some(true)));
    place.done(&["denoise", "run", "grey", "-o", "clean"]);
    let back = image::open(place.path("clean/b/3.png")).expect("a picture");
    assert_eq!((back.width(), back.height(), back.color().has_color()), (8, 6, false));
    // Another size is brought to the model's.
    std::fs::create_dir(place.path("large")).expect("a folder");
    GrayImage::new(16, 12).save(place.path("large/x.png")).expect("written");
    place.done(&["encode", "run", "large", "-o", "codes.npy"]);
    assert_eq!(numbers(&place.path("codes.npy")).len(), 2);
}

#[test]
fn pictures_of_one_folder_are_learned_from_and_the_worst_are_drawn_with_their_errors() {
    let place = Place::new();
    pictures(&place.path("all"), false);
    for index in 0..6 {
        GrayImage::from_pixel(8, 6, Luma([255]))
            .save(place.path(&format!("all/b/{index}.png")))
            .expect("one");
    }
    let words = ["--data", "all", "--normal-only", "a", "--epochs", "2", "--run", "run"];
    place.done(&[&["train"][..], &words].concat());
    let report = place.document(&["evaluate", "run", "--json"]);
    let examples = |part: &str| report["splits"][part]["examples"].as_u64().expect("a number");
    assert_eq!(examples("train") + examples("validation") + examples("test"), 6);
    place.done(&["score", "run", "all", "--picture", "worst.png"]);
    let drawn = image::open(place.path("worst.png")).expect("a picture").into_luma8();
    let is_blank = |row: u32| (0..drawn.width()).all(|x| drawn.get_pixel(x, row) == drawn.get_pixel(0, row));
    assert!((0..drawn.height()).filter(|&row| !is_blank(row)).count() > drawn.height() as usize / 3);
}

#[test]
fn one_coloured_picture_makes_all_of_three_channels() {
    let place = Place::new();
    pictures(&place.path("mixed"), true);
    let shown = place.document(&["data", "show", "mixed", "--json"]);
    assert_eq!(shown["features"].as_u64(), Some(3 * 48));
}

#[test]
fn a_table_written_as_parquet_is_read_by_its_names() {
    let place = Place::new();
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", i, i * i, 60 - i)).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,c\n{rows}")).expect("written");
    place.done(&["train", "--data", "x.csv", "--epochs", "2", "--run", "run"]);
    place.done(&["reconstruct", "run", "x.csv", "-o", "y.parquet"]);
    place.done(&["reconstruct", "run", "x.csv", "-o", "y.csv"]);
    place.done(&["encode", "run", "y.parquet", "-o", "of_parquet.npy"]);
    place.done(&["encode", "run", "y.csv", "-o", "of_csv.npy"]);
    assert_eq!(numbers(&place.path("of_parquet.npy")), numbers(&place.path("of_csv.npy")));
    place.done(&["score", "run", "y.parquet", "-o", "s.parquet"]);
    place.refused(2, &["score", "run", "y.parquet", "--picture", "x.png"], &["x.png", "no images"]);
    let shown = place.document(&["data", "show", "s.parquet", "--json"]);
    // Row, score, anomaly, p-value, PCA's score, the neighbours'.
    assert_eq!(shown["features"].as_u64(), Some(6));
}

#[test]
fn what_is_damaged_is_named() {
    let place = Place::new();
    pictures(&place.path("bad"), false);
    std::fs::write(place.path("bad/b/3.png"), []).expect("written");
    GrayImage::new(9, 6).save(place.path("bad/a/0.png")).expect("written");
    std::fs::create_dir(place.path("empty")).expect("a folder");
    std::fs::write(place.path("x.parquet"), b"PAR1 and then nothing PAR1").expect("written");
    std::fs::write(place.path("x.arrow"), b"ARROW1\0\0").expect("written");
    std::fs::write(place.path("x.npz"), b"PK\x03\x04 cut").expect("written");
    std::fs::write(place.path("x.safetensors"), b"\x10\0\0\0\0\0\0\0{").expect("written");
    for (data, part) in [
        ("bad", "3.png"),
        ("empty", "without pictures"),
        ("x.parquet", "cut short"),
        ("x.arrow", "cut short"),
        ("x.npz", "x.npz"),
        ("x.safetensors", "cut short"),
    ] {
        place.refused(1, &["train", "--data", data, "--run", "run"], &[data, part]);
        assert!(!place.path("run").exists(), "{data}");
    }
    std::fs::remove_file(place.path("bad/b/3.png")).expect("removed");
    place.refused(1, &["train", "--data", "bad", "--run", "run"], &["9x6", "8x6", "data.shape=[1,6,"]);
}
