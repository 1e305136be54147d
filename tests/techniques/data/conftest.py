"""The folder of real data, where there is one."""

import pytest

from techniques.data import data_folder


@pytest.fixture
def real_data():
    try:
        return data_folder()
    except FileNotFoundError as error:
        pytest.skip(str(error))
