# data_folder.sh: sourced by tests that need real data. Sets `data` to $LUGE_DATA, or shared/data beside the checkout
# ($here); where its files are not, the test is skipped (77), and says so.
# shellcheck shell=sh
data=${LUGE_DATA:-$here/../shared/data}
for file in mnist/train-images-idx3-ubyte fashion-mnist/train-images-idx3-ubyte tabular/breast-cancer.csv; do
    [ -f "$data/$file" ] || [ -f "$data/$file.gz" ] || {
        echo "skipped: there is no $data/$file; LUGE_DATA can name another folder"
        exit 77
    }
done
