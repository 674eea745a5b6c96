"""Files of other tools: read as a population or a definition, and written back."""

from .allen import read_allen_models
from .emodel_folder import ImportedFolder, read_emodel_folder
from .hall_of_fame import read_hall_of_fame
from .imported import Imported
from .inference_data import inference_data, write_inference_data
from .mcmc_table import read_mcmc_table, write_mcmc_table
from .plain_table import read_plain_table

__all__ = [
    "Imported",
    "ImportedFolder",
    "inference_data",
    "read_allen_models",
    "read_emodel_folder",
    "read_hall_of_fame",
    "read_mcmc_table",
    "read_plain_table",
    "write_inference_data",
    "write_mcmc_table",
]
