# scaling.gp: the picture of scaling.py; folder, output, peak1 and peak2 (GFLOP/s) come from there. Grey text and no
# background, so that it can stand on white and on black; two colours that everybody can tell apart, two kinds of points.
set terminal svg size 960,360 font "sans-serif,13" dynamic
set output output
set multiplot layout 1,3 margins 0.085,0.985,0.17,0.88 spacing 0.035,0
set logscale xy
set yrange [5:1000]
set border 3 lc rgb "#808080"
set tics nomirror textcolor rgb "#808080"
set ytics (10, 100, "1,000" 1000)
set grid ytics lc rgb "#808080" lw 0.4 dt 3
set key top right textcolor rgb "#808080" samplen 3
set style line 1 lc rgb "#E69F00" lw 2 pt 7 ps 0.6
set style line 2 lc rgb "#56B4E9" lw 2 pt 9 ps 0.8 dt 2
limit1(x) = 2000. / peak1
limit2(x) = 2000. / peak2
set ylabel "picoseconds per multiply-add" textcolor rgb "#808080" offset 1,0
set xlabel "batch, rows" textcolor rgb "#808080"
set title "width 256, depth 3" textcolor rgb "#808080"
set xrange [0.7:100000]
set xtics (1, 16, 256, "4,096" 4096, "65,536" 65536)
plot folder."/batch1" using 1:2 with linespoints ls 1 title "1 thread", \
     folder."/batch2" using 1:2 with linespoints ls 2 title "2 threads", \
     limit1(x) with lines lc rgb "#E69F00" lw 0.8 title "limit, 1 thread", \
     limit2(x) with lines lc rgb "#56B4E9" lw 0.8 dt 2 title "limit, 2 threads"
unset ylabel
set format y ""
set ytics (10, 100, 1000)
set key off
set xlabel "width, units"
set title "batch 256, depth 3"
set xrange [6:12000]
set xtics (8, 64, 512, "4,096" 4096)
plot folder."/width1" using 1:2 with linespoints ls 1, folder."/width2" using 1:2 with linespoints ls 2, \
     limit1(x) with lines lc rgb "#E69F00" lw 0.8, limit2(x) with lines lc rgb "#56B4E9" lw 0.8 dt 2
set xlabel "depth, layers"
set title "batch 256, width 256"
set xrange [0.8:130]
set xtics (1, 10, 100)
plot folder."/depth1" using 1:2 with linespoints ls 1, folder."/depth2" using 1:2 with linespoints ls 2, \
     limit1(x) with lines lc rgb "#E69F00" lw 0.8, limit2(x) with lines lc rgb "#56B4E9" lw 0.8 dt 2
unset multiplot
