"""PNG, JPEG, TIFF and BMP files to images and masks of one slice; nothing that a file lacks is guessed."""

from nbradiomics.pictures.cohort import IngestedPictures, ingest_pictures
from nbradiomics.pictures.reading import read_picture, read_picture_mask
from nbradiomics.pictures.settings import PictureSettings

__all__ = ["IngestedPictures", "PictureSettings", "ingest_pictures", "read_picture", "read_picture_mask"]
