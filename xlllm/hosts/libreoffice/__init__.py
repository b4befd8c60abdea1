"""The functions in LibreOffice Calc, as an add-in: ``=LLM.TRAIN_FLOPS(70e9;1.4e12)``."""
